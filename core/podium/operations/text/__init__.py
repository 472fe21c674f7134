"""Helpers for faces to read and write text in the same way as the engine."""
