"""Handlers of LSP requests: one module each, with a `handle` function.

A request about an open document calls `handle(snapshot, params)`, any other one calls
`handle(workspace, params)`.
"""
