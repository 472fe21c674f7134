"""Limits the length of text, with a visible note about omissions."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Keep(Enum):
    """Which part of a string to keep."""

    START = "start"
    END = "end"
    BOTH = "both"


@dataclass(frozen=True)
class Budgets:
    """Maximum characters of each part of a prompt; their sum limits the whole prompt."""

    objective: int = 12_000
    instructions: int = 12_000
    files: int = 12_000
    note: int = 8_000
    """Each note about the project; only the first eight are used."""
    task: int = 16_000
    results: int = 12_000
    feedback: int = 8_000
    problems: int = 8_000
    reply: int = 24_000
    change: int = 60_000


def within(text: str, characters: int, keep: Keep = Keep.START) -> str:
    """Shorten `text` to about `characters`, with a note where text is omitted."""
    if len(text) <= characters:
        return text
    note = f"[… {len(text) - characters:,} characters omitted …]"
    match keep:
        case Keep.START:
            return f"{text[:characters]}\n{note}"
        case Keep.END:
            return f"{note}\n{text[len(text) - characters :]}"
        case Keep.BOTH:
            head = characters - characters // 3
            return f"{text[:head]}\n{note}\n{text[len(text) - characters // 3 :]}"


def lines_within(lines: Sequence[str], characters: int, noun: str) -> str:
    """Return the first lines that fit, and how many were omitted: `… and 12 more files`."""
    kept: list[str] = []
    used = 0
    for line in lines:
        used += len(line) + 1
        if used > characters:
            return "\n".join([*kept, f"[… and {len(lines) - len(kept):,} more {noun}]"])
        kept.append(line)
    return "\n".join(kept)
