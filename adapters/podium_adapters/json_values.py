"""Reads values out of JSON objects whose shape is not guaranteed."""

from collections.abc import Mapping
from typing import cast

JsonObject = Mapping[str, object]


def value_at(value: object, path: str) -> object:
    """Return the value at a dotted path, or None."""
    for part in path.split("."):
        value = cast("JsonObject", value).get(part) if isinstance(value, Mapping) else None
    return value


def object_at(value: object, path: str) -> JsonObject:
    """Return the object at a dotted path, or an empty one."""
    found = value_at(value, path)
    return cast("JsonObject", found) if isinstance(found, Mapping) else {}


def objects_at(value: object, path: str) -> list[JsonObject]:
    """Return the objects in the list at a dotted path."""
    found = value_at(value, path)
    listed = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("JsonObject", each) for each in listed if isinstance(each, Mapping)]


def text_at(value: object, path: str) -> str:
    """Return the text at a dotted path, or ""."""
    found = value_at(value, path)
    return found if isinstance(found, str) else ""


def number_at(value: object, path: str) -> float | None:
    """Return the number at a dotted path, or None."""
    found = value_at(value, path)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and isinstance(found, int | float) else None


def count_at(value: object, path: str) -> int | None:
    """Return the count at a dotted path, or None."""
    found = number_at(value, path)
    return int(found) if found is not None and found >= 0 else None
