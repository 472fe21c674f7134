"""Replaces parts of a text as an editor does; pure."""

from dataclasses import dataclass

from podium.syntax.source import Source
from podium.syntax.values import Edit

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Replaced:
    """The result of a replacement.

    Args:
        before: the text that was changed, without a byte order mark.
        text: the whole text afterwards, with the mark if it had one.
        start: the first byte that was replaced; offsets leave a mark out.
        old_end: the first byte behind it.
        new_end: the first byte behind what stands there now.
    """

    before: bytes
    text: bytes
    start: int
    old_end: int
    new_end: int


def replaced(text: bytes, edit: Edit) -> Replaced:
    """Return a text after an edit; places outside of the text are moved to the nearest in it."""
    source = Source(text)
    mark = _BYTE_ORDER_MARK if len(source.text) < len(text) else b""
    start = source.nearest_offset(edit.start)
    end = max(start, source.nearest_offset(edit.end))
    new = edit.text.encode(errors="replace")
    whole = mark + source.text[:start] + new + source.text[end:]
    return Replaced(source.text, whole, start, end, start + len(new))
