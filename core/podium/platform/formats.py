"""Finds the formats that packages add to Podium's built-in ones through entry points."""

from collections.abc import Iterable
from typing import Any

from podium.errors import ValidationError
from podium.platform.entry_points import provided


def provided_format(group: str, name: str, built_in: Iterable[str]) -> Any:
    """Return the object for a format in an entry point group.

    Raises:
        ValidationError: no package provides it, or its package is broken.
    """
    added = provided(group)
    if name in added.objects:
        return added.objects[name]
    known = ", ".join([*built_in, *added.objects])
    raise ValidationError(
        f"There is no format {name!r}",
        why="; ".join([f"the formats are {known}", *added.problems]),
        hints=[f"a package can add one with an entry point in the group {group}"],
    )
