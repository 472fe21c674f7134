"""The engine: plans, runs, gates and the store, as a library without a user interface."""

__version__ = "0.1.0"
