"""Finds agents, calls them, and stores their replies."""
