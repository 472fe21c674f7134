"""Protocols of what the engine needs from outside: agents, dispatchers, files, the time."""
