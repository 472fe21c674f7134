"""Matching pairs of brackets, block keywords and tags."""
