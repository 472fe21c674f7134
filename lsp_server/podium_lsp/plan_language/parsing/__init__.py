"""Parses plan files into trees with the location of every value."""
