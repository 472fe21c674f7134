"""The interface of report formats that packages add; an entry point's name is the format's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from podium.model.findings import Severity

ENTRY_POINT_GROUP = "podium.report_readers"


@dataclass(frozen=True)
class Span:
    """A 1-based range in a tool's report; None means that the tool did not report the value."""

    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True)
class Reported:
    """One result in a tool's report.

    Args:
        path: as in the report: relative, absolute or a `file:` URL.
        edit: a suggested fix: the range to replace, and the new text.
        utf16: columns count UTF-16 code units, which is SARIF's default.
    """

    path: str
    span: Span
    severity: Severity
    rule: str
    message: str
    edit: tuple[Span, str] | None = None
    utf16: bool = False


class ReportReader(Protocol):
    """Parses the report of an audit tool."""

    def __call__(self, content: bytes) -> Iterable[Reported]:
        """Return the results.

        Raises:
            ValueError: the report is not in this format.
        """
        ...
