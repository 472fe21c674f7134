"""Presents the engine's values and errors to a model: short names, short lists, clean text."""
