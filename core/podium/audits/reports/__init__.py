"""Readers of the reports of external tools."""
