"""Decides who writes a text into a file of the checkout; must not know which operation asks."""

from enum import StrEnum


class WrittenBy(StrEnum):
    """Who writes a text into a file."""

    PODIUM = "podium"
    EDITOR = "editor"
    """An editor with the file open: the text becomes an edit there, which can be undone."""
