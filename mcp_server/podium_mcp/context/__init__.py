"""The context of handlers: the project, the call, and the person at the host."""
