"""Reads what agents reply."""
