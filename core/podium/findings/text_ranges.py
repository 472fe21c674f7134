"""Finds positions and ranges in a text."""

from podium.model.findings import Position, Range


def offset_of(text: str, place: Position) -> int:
    """Return the offset of a position in a text; one behind a line or the text is its end."""
    begin = 0
    for _ in range(place.line - 1):
        found = text.find("\n", begin)
        if found < 0:
            return len(text)
        begin = found + 1
    end = text.find("\n", begin)
    return min(begin + place.column - 1, end if end >= 0 else len(text))


def text_in(text: str, place: Range) -> str:
    """Return what stands in a range of a text."""
    return text[offset_of(text, place.start) : offset_of(text, place.end)]
