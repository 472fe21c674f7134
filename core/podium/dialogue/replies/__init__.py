"""Parses the replies of agents."""
