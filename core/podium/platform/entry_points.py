"""Finds the entry points of installed packages."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from podium.errors import InternalError


def installed(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, sorted; the last one wins."""
    found = {entry.name: entry for entry in entry_points(group=group)}
    return dict(sorted(found.items()))


def load(entry: EntryPoint) -> Any:
    """Return the object that an entry point refers to.

    Raises:
        InternalError: its module or the object is missing.
    """
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise InternalError(
            f"The entry point {entry.name!r} of {entry.group} cannot be loaded", why=str(error)
        ) from error
