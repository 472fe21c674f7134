"""The few ways in which views shorten, count and join words; pure."""

SEPARATOR = "\N{MIDDLE DOT}"


def shorten(text: str, longest: int) -> str:
    """Return a text on one line, cut where it is longer than that many characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `1 task`, `2 tasks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def joined(*parts: str, sign: str = f" {SEPARATOR} ") -> str:
    """Return the parts that are not empty, with a sign between them."""
    return sign.join(part for part in parts if part)
