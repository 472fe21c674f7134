"""Finds the entry points of installed packages."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeAlias

from podium.errors import InternalError

_SearchPath: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Provided:
    """The objects that packages provide in one group.

    Args:
        objects: the objects by the entry point's name, sorted.
        problems: one sentence for each entry point that cannot be loaded.
    """

    objects: Mapping[str, Any]
    problems: tuple[str, ...]


def provided(group: str) -> Provided:
    """Return the loaded objects of a group; broken packages are reported and omitted."""
    objects: dict[str, Any] = {}
    problems: list[str] = []
    for name, entry in installed(group).items():
        try:
            objects[name] = entry.load()
        except Exception as error:  # noqa: BLE001 - the code of a package may raise anything
            why = f"{type(error).__name__}: {error}"
            problems.append(f"the entry point {name!r} of {group} cannot be loaded: {why}")
    return Provided(objects, tuple(problems))


def installed(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, sorted; the last one wins."""
    return dict(_installed(group, _search_path()))


@lru_cache(maxsize=8)
def _installed(group: str, search_path: _SearchPath) -> Mapping[str, EntryPoint]:
    """Read the files of all installed packages, which takes milliseconds; see `_search_path`."""
    del search_path
    found = {entry.name: entry for entry in entry_points(group=group)}
    return dict(sorted(found.items()))


def _search_path() -> _SearchPath:
    """Return where packages are found, with times that change when one is installed or removed."""
    return tuple((folder, _changed_at(folder)) for folder in sys.path)


def _changed_at(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return 0


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
