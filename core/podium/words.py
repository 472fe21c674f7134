"""Pluralizes, truncates and joins text."""

SEPARATOR = "\N{MIDDLE DOT}"


def truncated(text: str, longest: int) -> str:
    """Return at most `longest` characters of `text`, ending with an ellipsis if it was longer."""
    return text if len(text) <= longest else f"{text[: max(0, longest - 1)].rstrip()}…"


def shorten(text: str, longest: int) -> str:
    """Return `text` on one line, truncated to `longest` characters."""
    return truncated(" ".join(text.split()), longest)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `1 task`, `2 tasks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def joined(*parts: str, sign: str = f" {SEPARATOR} ") -> str:
    """Join the non-empty parts with a separator."""
    return sign.join(part for part in parts if part)
