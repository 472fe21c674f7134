"""Shortens, counts and joins words for views."""

SEPARATOR = "\N{MIDDLE DOT}"


def shorten(text: str, longest: int) -> str:
    """Return a text on one line, truncated to `longest` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `1 task`, `2 tasks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def joined(*parts: str, sign: str = f" {SEPARATOR} ") -> str:
    """Return the non-empty parts, separated by a sign."""
    return sign.join(part for part in parts if part)
