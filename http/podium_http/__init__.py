"""Guards every HTTP face: authentication, rate limits, size limits and timeouts.

A face wraps its application in a `Guard` and serves it with `serve`. This package does not depend
on any face.
"""
