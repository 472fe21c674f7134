"""The requests of the protocol, one module each; `handle(server, params)` answers."""
