"""Counts, shortens and joins words."""

SEPARATOR = "\N{MIDDLE DOT}"


def truncated(text: str, longest: int) -> str:
    """Return at most `longest` characters of a text; an ellipsis shows that there was more."""
    return text if len(text) <= longest else f"{text[: max(0, longest - 1)].rstrip()}…"


def shorten(text: str, longest: int) -> str:
    """Return a text on one line, truncated to `longest` characters."""
    return truncated(" ".join(text.split()), longest)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `1 task`, `2 tasks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def joined(*parts: str, sign: str = f" {SEPARATOR} ") -> str:
    """Return the non-empty parts, separated by a sign."""
    return sign.join(part for part in parts if part)
