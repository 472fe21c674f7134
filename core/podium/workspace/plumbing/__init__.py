"""Wrappers of single git commands; must not know plans or policies."""
