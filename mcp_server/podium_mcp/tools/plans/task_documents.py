"""Converts a task from the model's form into the engine's document."""

import itertools
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import JsonValue


def task_document(fields: Mapping[str, JsonValue], root: Path) -> dict[str, Any]:
    """Return a task in the engine's form; existing files are modified, others created."""
    document: dict[str, Any] = {k: v for k, v in fields.items() if k not in ("files", "accept")}
    if isinstance(files := fields.get("files"), list):
        paths = [str(path) for path in files]
        there = [path for path in paths if _exists(root, path)]
        new = [path for path in paths if path not in there]
        document["files"] = {"create": new, "modify": there}
    if isinstance(accept := fields.get("accept"), list):
        document["acceptance"] = [_criterion(each, n) for n, each in enumerate(accept, 1)]
    return document


def free_id(taken: Collection[str], place: int) -> str:
    """Return the first unused id of t1, t2, … starting at a position."""
    return next(f"t{n}" for n in itertools.count(place) if f"t{n}" not in taken)


def _exists(root: Path, path: str) -> bool:
    """Return whether a file exists; the engine validates the path."""
    try:
        return ".." not in Path(path).parts and (root / path).exists()
    except (OSError, ValueError):
        return False


def _criterion(written: JsonValue, number: int) -> JsonValue:
    if isinstance(written, str):
        written = {"text": written}
    return {"id": f"c{number}", **written} if isinstance(written, dict) else written
