"""Splits lists into pages that fit a short answer."""

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
    """Return the rows that fit, and the cursor of the next page, if any.

    Args:
        rows: at least one page of rows, beginning with row `start`.
        start: the number of rows on previous pages.
        total: the total number of rows.
        characters: the size limit of a page; a page has at least one row.
    """
    ends = accumulate(weight(json.dumps(row, ensure_ascii=False)) + 1 for row in rows)
    count = max(1, sum(end <= characters for end in ends))
    shown = [*rows[:count]]
    left = total - start - len(shown)
    return shown, {"more": left, "cursor": str(start + len(shown))} if left > 0 else {}


def start_of(cursor: str | None) -> int:
    """Return the first row of a page.

    Raises:
        ValidationError: the cursor is malformed.
    """
    if not cursor:
        return 0
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= 9:
        return int(cursor)
    raise ValidationError(f"{cursor!r} is not a cursor", hints=["omit it to get the first page"])
