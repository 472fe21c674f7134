"""The tools: one module each, with its arguments, its handler and the `TOOL` that hosts see.

A new tool is a new module here or in one of the folders; `registry` finds it.
"""
