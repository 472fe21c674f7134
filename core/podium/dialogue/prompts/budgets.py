"""Keeps texts within a length, and says visibly what was left out; must not know prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English and code; good enough to keep a prompt within a window."""


class Keep(Enum):
    """Which part of a text matters most."""

    START = "start"
    END = "end"
    BOTH = "both"


@dataclass(frozen=True)
class Budgets:
    """How many characters each part of a prompt may have; the sum bounds the whole prompt."""

    objective: int = 12_000
    instructions: int = 12_000
    files: int = 12_000
    note: int = 8_000
    """Each of the notes about the project, of which the first eight are taken."""
    task: int = 16_000
    results: int = 12_000
    feedback: int = 8_000
    problems: int = 8_000
    reply: int = 24_000
    change: int = 60_000


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def within(text: str, characters: int, keep: Keep = Keep.START) -> str:
    """Return the text, cut to about so many characters with a note where something is missing."""
    if len(text) <= characters:
        return text
    note = f"[… {len(text) - characters:,} characters left out …]"
    match keep:
        case Keep.START:
            return f"{text[:characters]}\n{note}"
        case Keep.END:
            return f"{note}\n{text[len(text) - characters :]}"
        case Keep.BOTH:
            head = characters - characters // 3
            return f"{text[:head]}\n{note}\n{text[len(text) - characters // 3 :]}"


def lines_within(lines: Sequence[str], characters: int, noun: str) -> str:
    """Return the first lines that fit, and how many more there are: `… and 12 more files`."""
    kept: list[str] = []
    used = 0
    for line in lines:
        used += len(line) + 1
        if used > characters:
            return "\n".join([*kept, f"[… and {len(lines) - len(kept):,} more {noun}]"])
        kept.append(line)
    return "\n".join(kept)
