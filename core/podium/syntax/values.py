"""The result values of a syntax check."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ProblemCode(StrEnum):
    """The kinds of problems: stable names for rules, filters and tests."""

    UNCLOSED = "unclosed"
    """A bracket, block or tag that is never closed."""
    UNOPENED = "unopened"
    """A closing bracket, block end or tag without an opener."""
    UNTERMINATED_STRING = "unterminated-string"
    UNTERMINATED_COMMENT = "unterminated-comment"
    MISSING = "missing"
    """The grammar expects another token here."""
    UNEXPECTED = "unexpected"
    """The grammar does not allow this code here."""
    PYTHON_COMPILE = "python-compile"
    """The running Python rejects the file."""
    FENCE = "fence"
    CONFLICT_MARKER = "conflict-marker"
    PLACEHOLDER = "placeholder"
    CUT_LINE = "cut-line"
    STOPS_EARLY = "stops-early"
    NO_FINAL_NEWLINE = "no-final-newline"
    PROSE = "prose"
    """Sentences from the agent's reply around the code."""
    REPLY_MARKUP = "reply-markup"
    """Tags from the agent's reply, or parts of a diff or of a patch, in the code."""
    LINE_NUMBERS = "line-numbers"
    """Line numbers, as a tool displays them, in front of the lines."""
    TOOL_OUTPUT = "tool-output"
    """A line that a tool displays instead of, or next to, the file's own lines."""
    ENCODED_TEXT = "encoded-text"
    """The file, or a part of it, with escapes that the base does not have."""
    NOT_THE_FILE = "not-the-file"
    """A path, a word or a message instead of the file's content."""
    ODD_CHARACTER = "odd-character"
    """An invisible or typographic character where the base had a plain one, or none."""
    LOST_CHARACTER = "lost-character"
    """A character that a wrong encoding has destroyed."""
    ENCODING_CHANGED = "encoding-changed"
    HEREDOC = "heredoc"
    """The first or last line of the shell command that wrote the file."""
    NOT_CHECKED = "not-checked"
    """The base could be checked, and the new version could not."""
    DEFINITION_LOST = "definition-lost"
    """A definition in the base that is missing from the new version."""
    HOLLOWED = "hollowed"
    """A definition that lost its body, or most of it, without a replacement."""
    EMPTIED = "emptied"
    """A file that lost all or nearly all of its code."""
    UNRELATED = "unrelated"
    """A file that has almost nothing in common with the previous version."""
    DOUBLED = "doubled"
    """A definition, a part of the text or the whole file that appears twice."""
    STUB = "stub"
    """A body that only states that it is not implemented yet."""
    UNUSED_IMPORT = "unused-import"
    UNDEFINED_NAME = "undefined-name"


@dataclass(frozen=True, slots=True)
class CodeTraits:
    """Properties of all problems with one code.

    Args:
        cause: the code's rank as a cause: an error explains problems of a higher rank, which are
            then omitted. None if the code has no rank.
        needs_base: a matter of style in existing code; counts only if a change introduced it.
        needs_change: usually intended in existing code, as in abstract classes; counts only in
            changed and new files.
        must_complete: the agent that wrote the file cannot confirm a doubt with this code; it can
            only complete the file.
    """

    cause: int | None = None
    needs_base: bool = False
    needs_change: bool = False
    must_complete: bool = False


CODE_TRAITS: Mapping[ProblemCode, CodeTraits] = MappingProxyType(
    {
        ProblemCode.FENCE: CodeTraits(cause=0),
        ProblemCode.CONFLICT_MARKER: CodeTraits(cause=0),
        ProblemCode.PROSE: CodeTraits(cause=0),
        ProblemCode.REPLY_MARKUP: CodeTraits(cause=0),
        ProblemCode.LINE_NUMBERS: CodeTraits(cause=0),
        ProblemCode.TOOL_OUTPUT: CodeTraits(cause=0),
        ProblemCode.ENCODED_TEXT: CodeTraits(cause=0),
        ProblemCode.NOT_THE_FILE: CodeTraits(cause=0, must_complete=True),
        ProblemCode.ODD_CHARACTER: CodeTraits(cause=0),
        ProblemCode.LOST_CHARACTER: CodeTraits(cause=0),
        ProblemCode.HEREDOC: CodeTraits(cause=0),
        ProblemCode.UNCLOSED: CodeTraits(cause=1),
        ProblemCode.UNOPENED: CodeTraits(cause=1),
        ProblemCode.UNTERMINATED_STRING: CodeTraits(cause=1),
        ProblemCode.UNTERMINATED_COMMENT: CodeTraits(cause=1),
        ProblemCode.PYTHON_COMPILE: CodeTraits(cause=2),
        ProblemCode.MISSING: CodeTraits(cause=3),
        ProblemCode.UNEXPECTED: CodeTraits(cause=3),
        ProblemCode.CUT_LINE: CodeTraits(must_complete=True),
        ProblemCode.STOPS_EARLY: CodeTraits(must_complete=True),
        ProblemCode.PLACEHOLDER: CodeTraits(must_complete=True),
        ProblemCode.HOLLOWED: CodeTraits(needs_change=True, must_complete=True),
        ProblemCode.UNRELATED: CodeTraits(must_complete=True),
        ProblemCode.STUB: CodeTraits(needs_change=True),
        ProblemCode.UNUSED_IMPORT: CodeTraits(needs_base=True),
        ProblemCode.UNDEFINED_NAME: CodeTraits(needs_base=True),
    }
)
_NO_TRAITS = CodeTraits()


def traits_of(code: ProblemCode) -> CodeTraits:
    """Return the traits of a code; codes that are not in the table have the defaults."""
    return CODE_TRAITS.get(code, _NO_TRAITS)


class Severity(StrEnum):
    """What a problem means for a change."""

    ERROR = "error"
    """The change cannot land."""
    DOUBT = "doubt"
    """Probably a mistake, but it may be intended; the change lands only once that is answered."""
    NOTE = "note"
    """Worth knowing; it never stops a change."""


class Status(StrEnum):
    """The outcome of a check."""

    CHECKED = "checked"
    SKIPPED = "skipped"
    """Not parsed: the language has no grammar, or the base could not be parsed either. The rules
    that need no grammar were applied, unless the file is not a text."""
    REFUSED = "refused"
    """The new version is unsafe to parse (for instance, too large), although the base is safe."""
    GAVE_UP = "gave-up"
    """The parser took too long, used too much memory, or crashed."""


ANYTHING = "*"
"""In an `Intent`: any definition may be removed."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What the task declares about a change, to distinguish intended removals from losses.

    If removals are declared, every other missing definition is a problem; otherwise only those
    that the file evidently still needs.

    Args:
        removes: symbol paths or bare names to remove, including everything inside them; `ANYTHING`
            for all.
        expects: symbol paths or bare names that the file must define.
    """

    removes: frozenset[str] = frozenset()
    expects: frozenset[str] = frozenset()

    def means_removal_of(self, path: str) -> bool:
        """Return whether a symbol may be removed: its path, name or container is listed."""
        if ANYTHING in self.removes or path.rpartition(".")[2].partition("#")[0] in self.removes:
            return True
        parts = path.split(".")
        return any(".".join(parts[:count]) in self.removes for count in range(1, len(parts) + 1))


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A position in a file: 1-based line and column; the column counts code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in a document, as made by an editor.

    Args:
        start: the start of the replaced range.
        end: the end of the replaced range.
        text: the replacement.
    """

    start: Position
    end: Position
    text: str


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A problem in a file.

    Args:
        code: the kind of problem.
        severity: whether it counts as an error.
        message: a sentence for the user.
        start: the likely cause: for an unclosed construct, its opener rather than the position
            where the parser detected the error.
        end: the position after it.
        opened_at: the start of the unfinished construct, if any.
        expected: the text that would complete it, for instance `}`, or empty.
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
    """The result of checking one file.

    Args:
        path: the path, as given.
        language: the language's name, or empty if it is unknown.
        status: the outcome; only `checked` is a statement about the file.
        reason: why it was skipped, refused or aborted, as a sentence; otherwise empty.
        problems: the problems that are not in the base, by position.
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

    @property
    def doubts(self) -> tuple[SyntaxProblem, ...]:
        """Return the problems that must be answered before the file lands."""
        return tuple(each for each in self.problems if each.severity is Severity.DOUBT)
