"""What every rule is given; must not know the rules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from podium.syntax.hunks import Hunk, hunks_between
from podium.syntax.language import Language
from podium.syntax.reading import Reading
from podium.syntax.source import Source
from podium.syntax.values import ANYTHING, Intent, Position, ProblemCode, Severity, SyntaxProblem


@dataclass(frozen=True)
class Case:
    """A text to be judged.

    Args:
        language: what it is written in.
        new: the text.
        base: the version before, or None for a new file.
        reading: what the grammar makes of the text.
        read_base: gives what it makes of the base; None for a new file.
        intent: what the task said about the change, if anything.
    """

    language: Language
    new: Source
    base: Source | None
    reading: Reading
    read_base: Callable[[], Reading | None]
    intent: Intent | None = None

    def is_in_base(self, line: str) -> bool:
        """Tell whether the base has the same line, apart from white space around it."""
        return self.base is not None and line.strip() in self.base.line_set

    def is_quoted(self, position: Position) -> bool:
        """Tell whether a position lies inside a string literal."""
        return self.reading.is_quoted(self.new.offset_of(position))

    @cached_property
    def lost_lines(self) -> int:
        """How many lines of the base, equal ones counted singly, the text does not have."""
        if self.base is None:
            return 0
        return (self.base.line_counts - self.new.line_counts).total()

    @cached_property
    def added_lines(self) -> tuple[int, ...]:
        """The numbers of the filled lines that the base has nowhere; without one all of them."""
        known = self.base.line_set if self.base is not None else frozenset[str]()
        lines = enumerate(self.new.lines, 1)
        return tuple(
            number for number, line in lines if (bare := line.strip()) and bare not in known
        )

    @cached_property
    def removed_lines(self) -> tuple[str, ...]:
        """The lines of the base, without white space around them, that the text has nowhere."""
        if self.base is None:
            return ()
        gone = self.base.line_set - self.new.line_set
        return tuple(line for each in self.base.lines if (line := each.strip()) in gone)

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """The places in which the text differs from its base, in their order."""
        return hunks_between(self.base, self.new) if self.base is not None else ()

    @property
    def may_shrink(self) -> bool:
        """Tell whether the task said that anything may go."""
        return self.intent is not None and ANYTHING in self.intent.removes


Rule = Callable[[Case], Iterable[SyntaxProblem]]


def problem_of_line(
    case: Case, code: ProblemCode, severity: Severity, message: str, line: int
) -> SyntaxProblem:
    """Return a problem that spans what is written in a line."""
    text = case.new.lines[line - 1]
    indentation = len(text) - len(text.lstrip())
    end = max(len(text.rstrip()), indentation)
    start = Position(line, indentation + 1)
    return SyntaxProblem(code, severity, message, start, Position(line, end + 1))
