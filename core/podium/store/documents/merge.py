"""Three-way merge of JSON documents by key, for git.

Objects are merged key by key; lists of objects with an `id` by that id; lists of scalars by each
side's additions and removals. Any other difference between the sides is a conflict.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias, cast

from podium.model.base import canonical_text

Json: TypeAlias = Any


class _Absent(Enum):
    ABSENT = "absent"


ABSENT = _Absent.ABSENT
"""Represents a missing key."""


@dataclass(frozen=True)
class MergeResult:
    """The result of a merge.

    Args:
        value: the merged document; where the sides conflict, it contains our side.
        conflicts: the locations that both sides changed differently, like `tasks.t1.title`.
    """

    value: Json
    conflicts: tuple[str, ...]


def merge_documents(base: Json, ours: Json, theirs: Json) -> MergeResult:
    """Return the three-way merge of a document.

    Args:
        base: the common ancestor; an empty object if unknown.
        ours: our side.
        theirs: their side.
    """
    conflicts: list[str] = []
    value = _merge(base, ours, theirs, "", conflicts)
    return MergeResult(None if value is ABSENT else value, tuple(conflicts))


def _merge(base: Json, ours: Json, theirs: Json, place: str, conflicts: list[str]) -> Json:
    if _same(ours, theirs) or _same(theirs, base):
        return ours
    if _same(ours, base):
        return theirs
    merged = _merge_inside(base, ours, theirs, place, conflicts)
    if merged is ABSENT:
        conflicts.append(place)
        return ours
    return merged


def _merge_inside(base: Json, ours: Json, theirs: Json, place: str, conflicts: list[str]) -> Json:
    """Merge two different objects or lists; ABSENT if they cannot be merged."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        known = cast("dict[str, Json]", base) if isinstance(base, dict) else {}
        return _merge_objects(
            known, cast("dict[str, Json]", ours), cast("dict[str, Json]", theirs), place, conflicts
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        sides = (_items(base), _items(ours), _items(theirs))
        if all(map(_has_ids, sides)):
            return _merge_by_id(*sides, place, conflicts)
        if all(map(_is_plain, sides)):
            return _merge_plain(*sides)
    return ABSENT


def _merge_objects(
    base: dict[str, Json],
    ours: dict[str, Json],
    theirs: dict[str, Json],
    place: str,
    conflicts: list[str],
) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for key in dict.fromkeys([*ours, *theirs]):
        inner = f"{place}.{key}" if place else key
        sides = (base.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT))
        if (value := _merge(*sides, inner, conflicts)) is not ABSENT:
            merged[key] = value
    return merged


def _merge_by_id(
    base: list[Json], ours: list[Json], theirs: list[Json], place: str, conflicts: list[str]
) -> list[Json]:
    sides = [{each["id"]: each for each in side} for side in (base, ours, theirs)]
    order = _merge_plain(*(list(side) for side in sides))
    # An item that one side changed and the other removed stays in the list, and is a conflict.
    for name in dict.fromkeys([*sides[1], *sides[2]]):
        changed = any(name in side and not _same(side[name], sides[0].get(name)) for side in sides)
        if name not in order and changed:
            order.append(name)
    merged: list[Json] = []
    for name in order:
        versions = [side.get(name, ABSENT) for side in sides]
        inner = f"{place}.{name}"
        value = _merge(versions[0], versions[1], versions[2], inner, conflicts)
        kept = versions[2] if value is ABSENT else value
        if kept is not ABSENT:
            merged.append(kept)
    return merged


def _merge_plain(base: list[Json], ours: list[Json], theirs: list[Json]) -> list[Json]:
    """Return our list with their removals and additions; added items keep their neighbours."""
    removed = [each for each in base if each not in theirs]
    merged = [each for each in ours if each not in removed]
    for index, each in enumerate(theirs):
        if each in base or each in merged:
            continue
        before = [merged.index(left) for left in reversed(theirs[:index]) if left in merged]
        merged.insert(before[0] + 1 if before else 0, each)
    return merged


def _items(value: Json) -> list[Json]:
    """Return a list's items; empty if the value is not a list."""
    items: list[Json] = []
    if isinstance(value, list):
        items.extend(value)  # pyright: ignore[reportUnknownArgumentType] - it may contain any JSON
    return items


def _has_ids(items: Sequence[Json]) -> bool:
    names = {_id_of(each) for each in items}
    return "" not in names and len(names) == len(items)


def _id_of(item: Json) -> str:
    if not isinstance(item, dict):
        return ""
    name = cast("dict[str, Json]", item).get("id")
    return name if isinstance(name, str) else ""


def _is_plain(items: Sequence[Json]) -> bool:
    plain = all(isinstance(each, Hashable) for each in items)
    return plain and len({canonical_text(each) for each in items}) == len(items)


def _same(one: Json, other: Json) -> bool:
    """Compare by JSON rules: `1` is not `true`, and a missing key equals only a missing key."""
    if one is ABSENT or other is ABSENT:
        return one is other
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        left, right = cast("dict[str, Json]", one), cast("dict[str, Json]", other)
        return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    if isinstance(one, list):
        first, second = _items(one), _items(other)
        return len(first) == len(second) and all(map(_same, first, second))
    return bool(one == other)
