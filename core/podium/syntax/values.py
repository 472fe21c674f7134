"""What a syntax check tells; must not know how it was found out, nor plans and findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ProblemCode(StrEnum):
    """The kinds of problem, stable names for rules, filters and tests."""

    UNCLOSED = "unclosed"
    """A bracket, block or tag is opened and never closed."""
    UNOPENED = "unopened"
    """A bracket, block or tag is closed that was never opened."""
    UNTERMINATED_STRING = "unterminated-string"
    UNTERMINATED_COMMENT = "unterminated-comment"
    MISSING = "missing"
    """The grammar needs one more token here."""
    UNEXPECTED = "unexpected"
    """The grammar has no place for this text."""
    PYTHON_COMPILE = "python-compile"
    """The running Python refuses the file."""
    FENCE = "fence"
    CONFLICT_MARKER = "conflict-marker"
    PLACEHOLDER = "placeholder"
    CUT_LINE = "cut-line"
    STOPS_EARLY = "stops-early"
    NO_FINAL_NEWLINE = "no-final-newline"
    PROSE = "prose"
    """Words of the reply around the text."""
    REPLY_MARKUP = "reply-markup"
    """Tags of the reply, or the headers of a diff, in the text."""
    DEFINITION_LOST = "definition-lost"
    """The base defines what the text does not define any more."""
    HOLLOWED = "hollowed"
    """A definition's body is gone, or most of it, and nothing came instead."""
    STUB = "stub"
    """A body that only says that it is still to be written."""
    UNUSED_IMPORT = "unused-import"
    UNDEFINED_NAME = "undefined-name"


@dataclass(frozen=True, slots=True)
class CodeTraits:
    """What holds for every problem of one code.

    Args:
        cause: an error of a code with a smaller number explains problems of one with a larger
            number, which are then left out; None when it takes no part in that.
        needs_base: style in a file as it is; it counts only where a change brought it.
        needs_change: usually intended where it has been for long, as in abstract classes; it
            counts in changed and in new files.
    """

    cause: int | None = None
    needs_base: bool = False
    needs_change: bool = False


CODE_TRAITS: Mapping[ProblemCode, CodeTraits] = MappingProxyType(
    {
        ProblemCode.FENCE: CodeTraits(cause=0),
        ProblemCode.CONFLICT_MARKER: CodeTraits(cause=0),
        ProblemCode.PROSE: CodeTraits(cause=0),
        ProblemCode.REPLY_MARKUP: CodeTraits(cause=0),
        ProblemCode.UNCLOSED: CodeTraits(cause=1),
        ProblemCode.UNOPENED: CodeTraits(cause=1),
        ProblemCode.UNTERMINATED_STRING: CodeTraits(cause=1),
        ProblemCode.UNTERMINATED_COMMENT: CodeTraits(cause=1),
        ProblemCode.PYTHON_COMPILE: CodeTraits(cause=2),
        ProblemCode.MISSING: CodeTraits(cause=3),
        ProblemCode.UNEXPECTED: CodeTraits(cause=3),
        ProblemCode.HOLLOWED: CodeTraits(needs_change=True),
        ProblemCode.STUB: CodeTraits(needs_change=True),
        ProblemCode.UNUSED_IMPORT: CodeTraits(needs_base=True),
        ProblemCode.UNDEFINED_NAME: CodeTraits(needs_base=True),
    }
)
_NO_TRAITS = CodeTraits()


def traits_of(code: ProblemCode) -> CodeTraits:
    """Return the traits of a code; one that is not in the table has the defaults."""
    return CODE_TRAITS.get(code, _NO_TRAITS)


class Severity(StrEnum):
    """Whether a problem stops the file from landing."""

    ERROR = "error"
    WARNING = "warning"


class Status(StrEnum):
    """How far a check came."""

    CHECKED = "checked"
    SKIPPED = "skipped"
    """There is nothing to check: an unknown language, or a text that never could be checked."""
    REFUSED = "refused"
    """The text is unfit to be shown to a grammar, and the base was not."""
    GAVE_UP = "gave-up"
    """The parser took too long, too much memory, or crashed."""


ANYTHING = "*"
"""In an `Intent`: any definition may go."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What the task said about a change, where the text alone cannot tell loss from purpose.

    Where something is meant to go, every definition that vanished without being named here is a
    problem; else only those of which the text itself shows that they are missed.

    Args:
        removes: symbol paths or bare names that are meant to go, with what lies inside them;
            `ANYTHING` for all.
        expects: symbol paths or bare names that the text must define.
    """

    removes: frozenset[str] = frozenset()
    expects: frozenset[str] = frozenset()

    def means_removal_of(self, path: str) -> bool:
        """Tell whether a symbol may go: it, its name, or one that it lies inside is named."""
        if ANYTHING in self.removes or path.rpartition(".")[2].partition("#")[0] in self.removes:
            return True
        parts = path.split(".")
        return any(".".join(parts[:count]) in self.removes for count in range(1, len(parts) + 1))


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text: line and column from 1, the column counted in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement in a text, as an editor makes it.

    Args:
        start: the first position that is replaced.
        end: the first one behind it.
        text: what stands there afterwards.
    """

    start: Position
    end: Position
    text: str


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """One thing that is wrong with a text.

    Args:
        code: the kind of problem.
        severity: whether it counts as an error.
        message: a sentence for a person.
        start: where to look first; for something unclosed this is the opener, not the place
            where the parser noticed.
        end: the first position after it.
        opened_at: where the construct begins that is not finished, if there is one.
        expected: the text that would finish it, for instance `}`, or empty.
    """

    code: ProblemCode
    severity: Severity
    message: str
    start: Position
    end: Position
    opened_at: Position | None = None
    expected: str = ""


@dataclass(frozen=True, slots=True)
class SyntaxReport:
    """The result of checking one text.

    Args:
        path: the path that was asked about, as it was given.
        language: the language's name, or empty when it is unknown.
        status: how far the check came; only `checked` says something about the text.
        reason: a sentence why it was skipped, refused or given up; else empty.
        problems: what is wrong that was not wrong in the base, by place.
    """

    path: str
    language: str
    status: Status
    reason: str = ""
    problems: tuple[SyntaxProblem, ...] = ()

    @property
    def errors(self) -> tuple[SyntaxProblem, ...]:
        """Return the problems that stop the file from landing."""
        return tuple(each for each in self.problems if each.severity is Severity.ERROR)
