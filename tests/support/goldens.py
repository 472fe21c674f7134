"""Files that are made from the code and kept in the repository, and how they are kept equal."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SHOWN_ROWS = 200


@dataclass(frozen=True)
class Goldens:
    """Compares a made text with the kept one; with `pytest --update` it writes it instead.

    Args:
        update: write instead of comparing.
    """

    update: bool

    def check(self, path: Path, made: str) -> None:
        """Assert that the file at `path` holds `made`, or make it so.

        Raises:
            AssertionError: they differ; the message ends with a unified diff.
        """
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made, encoding="utf-8")
            return
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        if kept != made:
            shown = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
            hint = f"{shown} is behind the code: run `pytest --update` and read the diff"
            raise AssertionError("\n".join((hint, *_difference(shown, kept, made))))


def _difference(name: str, kept: str, made: str) -> Iterator[str]:
    """Yield a unified diff, with each field of a JSON document on a line of its own."""
    old, new = _fields(kept), _fields(made)
    if old == new:
        old, new = kept, made
    rows = difflib.unified_diff(_lines(old), _lines(new), f"{name} (kept)", f"{name} (made)")
    for row in islice(rows, _SHOWN_ROWS):
        yield row.removesuffix("\n")
        if not row.endswith("\n"):
            yield "\\ No newline at end of file"
    if left := sum(1 for _ in rows):
        yield f"… and {left} more lines"


def _fields(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
    except ValueError:
        return text


def _lines(text: str) -> list[str]:
    return list(StringIO(text))
