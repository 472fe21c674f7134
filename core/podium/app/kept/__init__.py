"""Cached rows of task lists, so that they can be listed again without the engine."""
