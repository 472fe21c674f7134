"""Findings of audits and gates."""

from enum import StrEnum

from pydantic import Field

from podium.model.base import Frozen
from podium.model.states import FINDING_MACHINE, FindingStatus

SNIPPET = 200
"""Maximum length of the source line that a finding stores, in characters."""


class Severity(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"

    @property
    def rank(self) -> int:
        """Return the sort order; 0 is the most severe."""
        return list(Severity).index(self)


class Position(Frozen):
    """A position in a file: 1-based line and column; the column counts code points."""

    line: int = Field(ge=1)
    column: int = Field(default=1, ge=1)


class Range(Frozen):
    """A half-open range of positions: `end` is excluded."""

    start: Position
    end: Position

    @classmethod
    def of_line(cls, line: int) -> "Range":
        """Return the range of a whole line including its line break."""
        return cls(start=Position(line=line), end=Position(line=line + 1))


class SuggestedEdit(Frozen):
    """A replacement that fixes the finding."""

    range: Range
    text: str
    replaces: str | None = None
    """The expected text of the range; the edit applies only if it matches. None if unknown."""


class FindingAnchor(Frozen):
    """Fingerprint of a finding's first line, used to find the line again after changes."""

    version: str
    """Hash of the whole file when the finding was created."""
    line: int
    """Line number in that version of the file."""
    indentation: int = 0
    """Number of leading whitespace characters of the line."""
    text_hash: str
    """Hash of the line, normalized against formatters; the other hashes use the same form."""
    before: tuple[str, ...] = ()
    """Hashes of the non-blank lines above it, nearest first."""
    after: tuple[str, ...] = ()
    """Hashes of the non-blank lines below it, nearest first."""
    symbol: str = ""
    """Path of the innermost enclosing definition; empty at module level."""
    kind: str = ""
    """Kind of that definition."""
    offset: int = 0
    """Number of lines from the start of the definition to the line."""
    occurrence: int = 0
    """Number of identical lines before it in the definition, or in the file."""
    count: int = 1
    """Number of identical lines in the definition, or in the file."""
    body: tuple[str, ...] = ()
    """Hashes of the definition's lines, to recognize it after a rename."""
    telling: int = 0
    """Number of non-whitespace characters in the line."""


class Observation(Frozen):
    """A result of an auditor, before it is compared with the known findings."""

    path: str
    """Path relative to the project, with `/`."""
    range: Range
    severity: Severity
    category: str
    message: str
    said_by: str
    suggested_edit: SuggestedEdit | None = None
    snippet: str = ""
    """The line where the problem begins; empty if it must not be stored."""
    identity: str = ""
    """Distinguishes it from similar observations if the snippet alone does not."""
    anchor: FindingAnchor | None = None
    """None if the observation concerns a whole file, or if the file is unreadable."""


class Finding(Frozen):
    """An audit result at a location in a file."""

    id: str
    path: str
    range: Range
    severity: Severity
    category: str
    """The stable code of the rule, such as `syntax.unclosed`."""
    message: str
    suggested_edit: SuggestedEdit | None = None
    said_by: str
    """The gate, auditor or tool that reported it."""
    status: FindingStatus = FINDING_MACHINE.start
    reason: str = ""
    """The reason why it was dismissed."""
    plan_id: str = ""
    task_id: str = ""
    run_id: str = ""
    attempt: int = 0
    snippet: str = ""
    """The content of the line when the finding was created."""
    fingerprint: str = ""
    """Identifies the finding across audits, even after it moved within the file."""
    anchor: FindingAnchor | None = None
    """Anchors the finding in its code; None if it concerns a whole file."""
    first_path: str = ""
    """The original path, if the file has been renamed since; the fingerprint is computed from it.
    """
