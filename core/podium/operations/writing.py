"""Decides who writes a text into a file of the checkout."""

from enum import StrEnum

from podium.platform.atomic_write import replace_file

__all__ = ["WrittenBy", "replace_file"]


class WrittenBy(StrEnum):
    """Who writes a text into a file."""

    PODIUM = "podium"
    EDITOR = "editor"
    """An editor with the file open: the text becomes an edit there, which can be undone."""
