"""Replaces template tags (Jinja, Liquid, ERB, Go, Handlebars) so that a grammar can parse the rest.

Offsets and lines do not change. What a tag stands for is unknown, so there are several versions.
"""

import re
from collections.abc import Iterator

_TAG = re.compile(rb"\{\{(?:[^{}\n]|\{[^{}\n]*\})*\}\}\}?|\{%.*?%\}|\{#.*?#\}|<%.*?%>", re.DOTALL)
_CONTROL = re.compile(
    rb"\{%|\{#|<%(?![=-]?=)"
    rb"|\{\{[-~]?\s*(?:[#/!>^]|(?:if|else|end|range|with|define|block|break|continue|each)\b)"
)
_SIGNS = (b"{{", b"{%", b"<%")
_NOT_LINE_END = re.compile(rb"[^\r\n]")


def has_tags(text: bytes) -> bool:
    """Return whether a text may contain template tags."""
    return any(sign in text for sign in _SIGNS) and _TAG.search(text) is not None


def without_tags(text: bytes) -> Iterator[bytes]:
    """Yield versions of a text in which its tags are blanks, numbers or names.

    Control tags become blanks. Output tags become a value, or blanks if they are alone on a line.
    """
    for value, keeps_alone in ((b"1", False), (b"t", False), (b"1", True)):
        yield _replaced(text, value, keeps_alone=keeps_alone)


def _replaced(text: bytes, value: bytes, *, keeps_alone: bool) -> bytes:
    def filled(found: re.Match[bytes]) -> bytes:
        tag = found.group()
        is_blank = _CONTROL.match(tag) is not None
        if not is_blank and not keeps_alone:
            is_blank = _is_alone(text, found.start(), found.end())
        return _NOT_LINE_END.sub(b" " if is_blank else value, tag)

    return _TAG.sub(filled, text)


def _is_alone(text: bytes, start: int, end: int) -> bool:
    line = text[text.rfind(b"\n", 0, start) + 1 : start]
    rest = text[end:].partition(b"\n")[0]
    return not line.strip() and not rest.strip()
