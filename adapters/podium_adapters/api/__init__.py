"""The agent `api`: a model's HTTP API, with Podium's own tools.

The loop runs in a process of its own (`python -m podium_adapters.api`), because its libraries are
large. This process decides on permissions, changes files and checks them; that one reads, searches,
runs commands and talks to the model.
"""
