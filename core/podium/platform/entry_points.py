"""Finds what installed packages add by entry point."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from podium.errors import InternalError


@cache
def installed(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, sorted; of two of one name the last one."""
    found = {entry.name: entry for entry in entry_points(group=group)}
    return dict(sorted(found.items()))


def load(entry: EntryPoint) -> Any:
    """Return the object that an entry point names.

    Raises:
        InternalError: its module or the object is missing.
    """
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise InternalError(
            f"The entry point {entry.name!r} of {entry.group} cannot be loaded", why=str(error)
        ) from error
