"""Parses the text of a document strictly."""

import json
from typing import Any, cast

from podium.errors import ValidationError
from podium.model.base import content_hash
from podium.store.journal.record import JsonObject

_TOO_DEEP = "it is nested too deeply"


def parse_document(data: bytes) -> tuple[JsonObject, str]:
    """Return the JSON object in a file, parsed strictly, and its content hash.

    Raises:
        ValueError: it is not JSON or not an object, it has duplicate keys (for instance after a
            careless merge), or its values cannot be stored; the message never repeats the content.
    """
    document = _parse_object(data)
    try:
        return document, content_hash(document)
    except ValidationError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def _parse_object(data: bytes) -> JsonObject:
    if has_conflict_markers(data):
        raise ValueError("it contains git conflict markers")
    try:
        value = json.loads(
            data, object_pairs_hook=_object_without_duplicates, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return cast("JsonObject", value)


def has_conflict_markers(data: bytes) -> bool:
    """Return whether `text` contains unresolved git conflicts."""
    return any(line.startswith(b"<<<<<<< ") for line in data.splitlines())


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")
