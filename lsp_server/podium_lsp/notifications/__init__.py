"""The notifications of the protocol, one module each; `handle` takes them in."""
