"""The notifications of the protocol, one module each; `handle(server, params)` takes them in."""
