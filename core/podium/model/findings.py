"""Findings of audits and gates (SPEC F1); must not know who shows them."""

from enum import StrEnum

from pydantic import Field

from podium.model.base import Frozen
from podium.model.states import FINDING_MACHINE, FindingStatus


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
