"""The places where a change weakens a test or a check."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a test or a check was weakened."""

    SKIPPED = "skipped"
    DELETED = "deleted"
    ASSERTION_REMOVED = "assertion-removed"
    ASSERTION_LOOSENED = "assertion-loosened"
    THRESHOLD = "threshold"
    SWITCHED_OFF = "switched-off"


@dataclass(frozen=True)
class Weakened:
    """A place where a change weakens a test or a check.

    Args:
        path: the file.
        line: the 1-based line in the new text; 1 if the file was deleted.
        way: how it was weakened.
        subject: the test, rule or setting.
        message: what happened, in one sentence.
    """

    path: str
    line: int
    way: Way
    subject: str
    message: str


@dataclass(frozen=True)
class ChangedText:
    """A changed file.

    Args:
        path: relative to the top, with `/`.
        base: the text before the change; None if the file is new.
        new: the text after it; None if the file was deleted.
    """

    path: str
    base: bytes | None
    new: bytes | None


def lines_of(text: bytes | None) -> tuple[str, ...]:
    """Return the lines of a text, with invalid UTF-8 replaced."""
    if text is None:
        return ()
    return tuple(text.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n"))


def added(base: Iterable[str], new: Sequence[str]) -> list[tuple[int, str]]:
    """Return the lines that are only in the new text, stripped, with their 1-based numbers."""
    left = Counter(line.strip() for line in base)
    found: list[tuple[int, str]] = []
    for number, line in enumerate(new, 1):
        text = line.strip()
        if left[text] > 0:
            left[text] -= 1
        elif text:
            found.append((number, text))
    return found
