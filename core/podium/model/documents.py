"""Typed addresses of stored documents; must not know how they are stored."""

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
        type: the model that its text is parsed into.
    """

    path: str
    type: type[D]


@dataclass(frozen=True)
class Folder(Generic[D]):
    """The address of a set of documents of one type.

    Args:
        pattern: like a path, with one `*` per variable part (`plans/p-1/tasks/*.json`);
            a `*` matches within one path part only.
        type: the model that their texts are parsed into.
        upcasts: pure functions that each raise a stored document by one version, the oldest first;
            a change of the stored form that older programs cannot read adds one.
    """

    pattern: str
    type: type[D]
    upcasts: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = ()
