"""The requests of the protocol, one module each.

`handle(snapshot, params)` answers one about an open text, `handle(workspace, params)` another.
"""
