"""Readers of reports from external tools."""
