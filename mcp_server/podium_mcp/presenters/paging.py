"""Lists by pages, each as long as a short answer holds."""

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from pydantic import JsonValue

from podium.errors import ValidationError
from podium_mcp.sanitize import weight

PAGE = 100
LIST_CHARACTERS = 3_200
"""About 850 tokens."""


def page_of(
    rows: Sequence[JsonValue], start: int, total: int, characters: int = 5_500
) -> tuple[list[JsonValue], dict[str, Any]]:
    """Return as many rows as a short answer holds, and how to get the rest where there is one.

    Args:
        rows: what comes from `start` on, at least as much as a page shows.
        start: how many rows came before.
        total: how many there are in all.
        characters: how long the rows may be together; one row is always shown.
    """
    ends = accumulate(weight(json.dumps(row, ensure_ascii=False)) + 1 for row in rows)
    count = max(1, sum(end <= characters for end in ends))
    shown = [*rows[:count]]
    left = total - start - len(shown)
    return shown, {"more": left, "cursor": str(start + len(shown))} if left > 0 else {}


def start_of(cursor: str | None) -> int:
    """Return where a page begins.

    Raises:
        ValidationError: the cursor is none that a list gave out.
    """
    if not cursor:
        return 0
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= 9:
        return int(cursor)
    raise ValidationError(f"{cursor!r} is not a cursor", hints=["omit it to get the first page"])
