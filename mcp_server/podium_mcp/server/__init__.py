"""The server put together, its transports, and the handlers that need no tool."""
