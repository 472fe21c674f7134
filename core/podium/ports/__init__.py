"""Protocols for the engine's dependencies: agents, auditors, dispatchers, files, the clock."""
