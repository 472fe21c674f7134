"""The guard of every face that speaks HTTP: who may ask, how often, how much and how slowly.

A face gives its application to a `Guard` and serves it with `serve`. It knows no face.
"""
