"""The input of every rule."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.values import ANYTHING, Intent, Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.hunks import Hunk, hunks_between
from podium.syntax.worker.reading import Reading


@dataclass(frozen=True)
class Case:
    """A file to check.

    Args:
        language: its language.
        new: the new version.
        base: the previous version, or None for a new file.
        reading: the parsed form of the new version.
        read_base: returns the parsed form of the base; None for a new file.
        intent: what the task declares about the change, if anything.
        path: the file's path, or empty if it is unknown.
        encodings: the encodings of the base and of the new version, as they are stored.
    """

    language: Language
    new: Source
    base: Source | None
    reading: Reading
    read_base: Callable[[], Reading | None]
    intent: Intent | None = None
    path: str = ""
    encodings: tuple[str, str] = ("utf-8", "utf-8")

    def is_in_base(self, line: str) -> bool:
        """Return whether the base has the same line, ignoring surrounding whitespace."""
        return self.base is not None and line.strip() in self.base.line_set

    def is_quoted(self, position: Position) -> bool:
        """Return whether a position is inside a string literal."""
        return self.reading.is_quoted(self.new.offset_of(position))

    @cached_property
    def by_lines(self) -> bytes:
        """The new version after a line feed, so that a pattern finds every line by its line feed.

        The line feed before a line has the offset that the line has in the file itself.
        """
        return b"\n" + self.new.text

    @cached_property
    def missing(self) -> Counter[str]:
        """The non-blank lines that are missing in the new version, with their counts."""
        gone, come = self._exchanged
        return gone - come

    @cached_property
    def surplus(self) -> Counter[str]:
        """The non-blank lines that are missing in the base, with their counts."""
        gone, come = self._exchanged
        return come - gone

    @cached_property
    def lost_lines(self) -> int:
        """The number of base lines that are missing in the new version, counting duplicates."""
        return self.missing.total()

    @cached_property
    def added_lines(self) -> tuple[int, ...]:
        """The numbers of the non-blank lines that are not in the base; all lines of a new file."""
        lines = self.new.lines
        if self.base is None:
            return tuple(number for number, line in enumerate(lines, 1) if line.strip())
        known = self.base.line_set
        return tuple(
            at + 1
            for hunk in self.hunks
            for at in range(hunk.new_from, hunk.new_to)
            if (bare := lines[at].strip()) and bare not in known
        )

    @cached_property
    def removed_lines(self) -> tuple[str, ...]:
        """The stripped lines of the base that are not in the new version."""
        if self.base is None:
            return ()
        left, lines = self.new.line_set, self.base.lines
        return tuple(
            bare
            for hunk in self.hunks
            for line in lines[hunk.old_from : hunk.old_to]
            if (bare := line.strip()) not in left
        )

    @cached_property
    def _exchanged(self) -> tuple[Counter[str], Counter[str]]:
        """Count the non-blank lines that differ, for the base and for the new version."""
        if self.base is None:
            return Counter(), Counter()
        gone = self.base.count_non_blank((each.old_from, each.old_to) for each in self.hunks)
        come = self.new.count_non_blank((each.new_from, each.new_to) for each in self.hunks)
        return gone, come

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """The differences between the new version and its base, in order."""
        return hunks_between(self.base, self.new) if self.base is not None else ()

    @property
    def may_shrink(self) -> bool:
        """Return whether the task declares that anything may be removed."""
        return self.intent is not None and ANYTHING in self.intent.removes


Rule = Callable[[Case], Iterable[SyntaxProblem]]


def problem_of_line(
    case: Case, code: ProblemCode, severity: Severity, message: str, line: int
) -> SyntaxProblem:
    """Return a problem that spans a whole line, without its indentation."""
    text = case.new.lines[line - 1]
    indentation = len(text) - len(text.lstrip())
    end = max(len(text.rstrip()), indentation)
    start = Position(line, indentation + 1)
    return SyntaxProblem(code, severity, message, start, Position(line, end + 1))
