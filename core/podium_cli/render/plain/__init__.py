"""Draws task lists without a terminal library, because loading one takes longer than the list."""
