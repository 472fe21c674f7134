"""Wrappers for single git commands; independent of plans and policies."""
