"""The interface of an auditor, which finds problems in one file at a time, without a model."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from podium.model.findings import SNIPPET, Observation, Position, Range, Severity

ENTRY_POINT_GROUP = "podium.auditors"


@dataclass(frozen=True)
class AuditedFile:
    """A file to audit.

    Args:
        path: relative to the top, with `/`.
        text: its bytes; only the beginning if it exceeds the size limit of audits.
        size: its size in bytes.
        base: the bytes before the change; None if every problem counts.
        is_new: whether the file does not exist in the base.
    """

    path: str
    text: bytes
    size: int
    base: bytes | None = None
    is_new: bool = False

    @property
    def is_binary(self) -> bool:
        """Return whether the file is not a text file."""
        return b"\0" in self.text[:8000]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Return the lines, with invalid UTF-8 replaced."""
        return tuple(self.text.decode("utf-8-sig", "replace").split("\n"))

    @cached_property
    def former_lines(self) -> frozenset[str]:
        """Return the stripped lines of the base."""
        if self.base is None:
            return frozenset()
        return frozenset(line.strip() for line in self.base.decode("utf-8", "replace").split("\n"))

    def line(self, number: int) -> str:
        """Return the line with a 1-based number; empty if it does not exist."""
        within = 1 <= number <= len(self.lines)
        return self.lines[number - 1].rstrip("\r") if within else ""

    def observe(
        self, said_by: str, category: str, severity: Severity, message: str, place: Range
    ) -> Observation:
        """Return an auditor's observation at a location in this file."""
        return Observation(
            path=self.path,
            range=place,
            severity=severity,
            category=category,
            message=message,
            said_by=said_by,
            snippet=self.line(place.start.line).strip()[:SNIPPET],
        )

    def filled_range(self, number: int) -> Range:
        """Return the range of a line's content."""
        line = self.line(number)
        start = len(line) - len(line.lstrip()) + 1
        end = max(len(line.rstrip()) + 1, start)
        return Range(
            start=Position(line=number, column=start), end=Position(line=number, column=end)
        )


class Auditor(Protocol):
    """Finds one kind of problem.

    A package adds one with an entry point in the group `podium.auditors` that refers to an object
    of this protocol.

    """

    @property
    def name(self) -> str:
        """The value of `said_by` in its findings."""
        ...

    @property
    def reads_large_files(self) -> bool:
        """Whether it also audits files too large to be read completely."""
        ...

    async def audit(self, file: AuditedFile) -> Iterable[Observation]:
        """Return the problems of a file; with a base, only those that the change introduced."""
        ...
