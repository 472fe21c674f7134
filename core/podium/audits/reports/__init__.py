"""Readers of the reports that other tools write."""
