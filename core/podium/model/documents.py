"""Typed addresses of stored documents."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from podium.model.base import Frozen

D = TypeVar("D", bound=Frozen, covariant=True)


@dataclass(frozen=True)
class Key(Generic[D]):
    """The address of one document.

    Args:
        path: relative to `.podium`, with `/`; ends in `.json`.
        type: the model of its content.
    """

    path: str
    type: type[D]


@dataclass(frozen=True)
class Folder(Generic[D]):
    """The address of a set of documents with the same type.

    Args:
        pattern: a path with one `*` per variable part (`plans/p-1/tasks/*.json`);
            a `*` matches within one path component only.
        type: the model of their content.
        upcasts: pure functions, oldest first, each of which upgrades a stored document by one
            version. Add one if older programs cannot read the new stored form.
        packable: whether documents of ended work may be combined into one file, in the folder above
            the last `*`; such files are never in git.
    """

    pattern: str
    type: type[D]
    upcasts: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = ()
    packable: bool = False
