"""Finds agents, calls them, and keeps what they answered."""
