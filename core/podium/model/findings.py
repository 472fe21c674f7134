"""Findings of audits and gates (SPEC F1); must not know who shows them."""

from enum import StrEnum

from pydantic import Field

from podium.model.base import Frozen
from podium.model.states import FINDING_MACHINE, FindingStatus

SNIPPET = 200
"""Characters of its line that a finding keeps."""


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"

    @property
    def rank(self) -> int:
        """Return 0 for the worst."""
        return list(Severity).index(self)


class Position(Frozen):
    """A place in a text: line and column from 1, the column in code points."""

    line: int = Field(ge=1)
    column: int = Field(default=1, ge=1)


class Range(Frozen):
    """From a position up to, not including, another."""

    start: Position
    end: Position

    @classmethod
    def of_line(cls, line: int) -> "Range":
        """Return the range that is a whole line with its end."""
        return cls(start=Position(line=line), end=Position(line=line + 1))


class SuggestedEdit(Frozen):
    """A replacement that would mend it."""

    range: Range
    text: str
    replaces: str | None = None
    """What stood in the range; the edit fits only where it stands. None where nobody noted it."""


class FindingAnchor(Frozen):
    """What is remembered of a finding's first line so that it can be found again (SPEC F2)."""

    version: str
    """The hash of the whole text in which it was seen."""
    line: int
    """The line's number there."""
    indentation: int = 0
    """How many characters of white space the line begins with."""
    text_hash: str
    """The hash of the line without what formatters change; the others are hashes alike."""
    before: tuple[str, ...] = ()
    """Of the filled lines before it, nearest first."""
    after: tuple[str, ...] = ()
    """Of those behind it."""
    symbol: str = ""
    """The path of the innermost definition around it; empty outside of all."""
    kind: str = ""
    """What that is."""
    offset: int = 0
    """How many lines it begins before the line."""
    occurrence: int = 0
    """How many equal lines stand before it in the definition, or in the text."""
    count: int = 1
    """How many equal lines there are in it."""
    body: tuple[str, ...] = ()
    """Of the definition's lines, to know it again under another name."""
    telling: int = 0
    """How many characters of the line are not white space."""


class Observation(Frozen):
    """What an auditor saw, before anybody knows whether it is new."""

    path: str
    """Relative to the project, with `/`."""
    range: Range
    severity: Severity
    category: str
    message: str
    said_by: str
    suggested_edit: SuggestedEdit | None = None
    snippet: str = ""
    """The text of the line where it begins; empty where that must not be repeated."""
    identity: str = ""
    """What tells it from its like, where the snippet does not say it."""
    anchor: FindingAnchor | None = None
    """None where it is about a whole file, or nobody could read it."""


class Finding(Frozen):
    """One audit result at a place in a file."""

    id: str
    path: str
    range: Range
    severity: Severity
    category: str
    """The rule's stable code, for instance `syntax.unclosed`."""
    message: str
    suggested_edit: SuggestedEdit | None = None
    said_by: str
    """The gate, auditor or tool."""
    status: FindingStatus = FINDING_MACHINE.start
    reason: str = ""
    """Why it was dismissed."""
    plan_id: str = ""
    task_id: str = ""
    run_id: str = ""
    attempt: int = 0
    snippet: str = ""
    """The line's text when it was found."""
    fingerprint: str = ""
    """Stays the same when the same thing is seen again, wherever it stands in the file then."""
    anchor: FindingAnchor | None = None
    """What ties it to the code that it is about; None where it is about a whole file."""
    first_path: str = ""
    """Where its file was when it was found, if that has been renamed since; the fingerprint is
    made with it."""
