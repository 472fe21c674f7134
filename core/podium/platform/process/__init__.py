"""Starts, finds and ends processes."""
