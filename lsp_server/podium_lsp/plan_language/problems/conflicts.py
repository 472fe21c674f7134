"""Finds git merge conflicts and offers resolutions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from podium_lsp.plan_language.results import Problem
from podium_lsp.session.text import Span

_BLOCK = re.compile(
    r"^<{7}[^\n]*\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}[^\n]*\n(?P<theirs>.*?)^>{7}[^\n]*(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Conflict:
    """A merge conflict.

    Args:
        span: the conflict, including its markers.
        ours: our version.
        theirs: their version.
    """

    span: Span
    ours: str
    theirs: str

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Return the resolutions: a title and the resulting text of each."""
        return (
            ("Keep ours", self.ours),
            ("Keep theirs", self.theirs),
            ("Keep both", self.ours + self.theirs),
        )


def conflicts(text: str) -> Iterator[Conflict]:
    """Yield all conflicts in a document."""
    for found in _BLOCK.finditer(text):
        yield Conflict(Span(*found.span()), found["ours"], found["theirs"])


def conflict_problems(text: str) -> list[Problem]:
    """Return a problem for each conflict, at its first marker."""
    return [
        Problem(
            Span(each.span.start, text.index("\n", each.span.start)),
            "unresolved merge conflict: keep ours, theirs or both",
            "conflict-marker",
        )
        for each in conflicts(text)
    ]
