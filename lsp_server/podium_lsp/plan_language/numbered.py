"""Turns messages that name their line by number into remarks at that line; pure."""

import re

from podium_lsp.plan_language.words import Remark
from podium_lsp.text import Span, Text

_LINE = re.compile(r"\bline (\d+)\b")


def numbered_remarks(text: Text, message: str, name: str) -> list[Remark]:
    """Return the remarks of a message.

    Args:
        text: what the message is about.
        message: sentences; with a name each begins with `name:LINE: `, else `line LINE` is in it.
        name: what the text is called in the message, or nothing.
    """
    if not name:
        found = _LINE.search(message)
        return [Remark(_words(text, int(found[1]) if found else 1), message, "plan")]
    parts = re.split(rf"(?:^|; ){re.escape(name)}:(\d+): ", message)
    if len(parts) < 3:
        return [Remark(_words(text, 1), message, "config")]
    return [
        Remark(_words(text, int(number)), told, "config")
        for number, told in zip(parts[1::2], parts[2::2], strict=True)
    ]


def _words(text: Text, line: int) -> Span:
    """Return a line's words, from 1; of an empty one its place."""
    span = text.line_span(line - 1)
    content = text.content[span.start : span.end]
    left = len(content) - len(content.lstrip())
    return Span(span.start + left, span.start + max(len(content.rstrip()), left))
