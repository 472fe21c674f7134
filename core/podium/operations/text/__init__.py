"""Helpers for faces to read and write texts in the same way as the engine."""
