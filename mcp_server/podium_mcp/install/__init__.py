"""Configures hosts to start the server: their settings files, and the entries to add."""
