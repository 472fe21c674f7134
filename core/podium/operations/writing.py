"""Determines whether Podium or an editor writes new text to a file in the checkout."""

from enum import StrEnum

from podium.platform.atomic_write import replace_file

__all__ = ["WrittenBy", "replace_file"]


class WrittenBy(StrEnum):
    """The writer of new text to a file."""

    PODIUM = "podium"
    EDITOR = "editor"
    """An editor in which the file is open: the text becomes an edit that the user can undo."""
