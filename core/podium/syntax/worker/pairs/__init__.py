"""Pairs of brackets and of words that open and close."""
