"""Turns messages that name their line by number into remarks at that line; pure."""

import re

from podium_lsp.plan_language.words import Remark
from podium_lsp.text import Span, Text

_LINE = re.compile(r"\bline (\d+)\b")


def numbered_remarks(text: Text, message: str) -> list[Remark]:
    """Return the remarks of a sentence that has `line LINE` in it; without, at the first line."""
    found = _LINE.search(message)
    return [Remark(_words(text, int(found[1]) if found else 1), message, "plan")]


def _words(text: Text, line: int) -> Span:
    """Return a line's words, from 1; of an empty one its place."""
    span = text.line_span(line - 1)
    content = text.content[span.start : span.end]
    left = len(content) - len(content.lstrip())
    return Span(span.start + left, span.start + max(len(content.rstrip()), left))
