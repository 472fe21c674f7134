"""Parses replies from agents."""
