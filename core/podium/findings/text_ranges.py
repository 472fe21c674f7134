"""Converts positions and ranges to text offsets."""

from podium.model.findings import Position, Range


def offset_of(text: str, place: Position) -> int:
    """Return the offset of a position, clamped to the end of its line and of the file."""
    begin = 0
    for _ in range(place.line - 1):
        found = text.find("\n", begin)
        if found < 0:
            return len(text)
        begin = found + 1
    end = text.find("\n", begin)
    return min(begin + place.column - 1, end if end >= 0 else len(text))


def text_in(text: str, place: Range) -> str:
    """Return the text in a range."""
    return text[offset_of(text, place.start) : offset_of(text, place.end)]
