"""Configures hosts to start the server: where each keeps its settings, and what to add."""
