"""Reads the native report formats of common tools."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from podium.audits.reports.sarif_reader import read_sarif
from podium.errors import InvalidReply, UserError
from podium.model.config import ReportFormat
from podium.model.findings import Severity
from podium.model.rules.validation import sentences
from podium.platform.formats import provided_format
from podium.ports.report_reader import ENTRY_POINT_GROUP, Reported, ReportReader, Span

_MYPY_LINE = re.compile(
    r"^(?P<file>[^:\n]+):(?P<line>\d+)(?::(?P<column>\d+))?(?::\d+:\d+)?:"
    r" (?P<severity>error|warning|note): (?P<message>.*?)(?:  \[(?P<code>[\w-]+)\])?$"
)


def read_report(kind: ReportFormat | str, content: bytes) -> list[Reported]:
    """Parse a tool's report.

    Raises:
        InvalidReply: the report is not in this format, or the format does not exist.
    """
    reader = _READERS[kind] if isinstance(kind, ReportFormat) else _added_reader(kind)
    try:
        return list(reader(content))
    except ValueError as error:
        why = sentences(error)[0] if isinstance(error, ValidationError) else str(error)
        raise InvalidReply(
            f"The report is not in {kind} format",
            why=why,
            hints=["check the tool's output, or correct its `format` setting"],
        ) from error


def _added_reader(kind: str) -> ReportReader:
    try:
        reader: ReportReader = provided_format(ENTRY_POINT_GROUP, kind, ReportFormat)
    except UserError as error:
        raise InvalidReply(error.what, why=error.why, hints=error.hints) from error
    return reader


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class _Snake(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _RuffPlace(_Snake):
    row: int
    column: int


class _RuffEdit(_Snake):
    content: str = ""
    location: _RuffPlace
    end_location: _RuffPlace


class _RuffFix(_Snake):
    edits: tuple[_RuffEdit, ...] = ()


class _RuffRow(_Snake):
    filename: str
    code: str | None = None
    message: str
    location: _RuffPlace
    end_location: _RuffPlace
    fix: _RuffFix | None = None


def _ruff(content: bytes) -> list[Reported]:
    rows = TypeAdapter(tuple[_RuffRow, ...]).validate_json(content)
    return [
        Reported(
            path=each.filename,
            span=_ruff_span(each.location, each.end_location),
            # Syntax errors have no rule, or a rule with this name.
            severity=Severity.WARNING
            if each.code not in (None, "invalid-syntax")
            else Severity.ERROR,
            rule=each.code or "invalid-syntax",
            message=each.message,
            edit=_ruff_edit(each.fix),
        )
        for each in rows
    ]


def _ruff_span(start: _RuffPlace, end: _RuffPlace) -> Span:
    return Span(start.row, start.column, end.row, end.column)


def _ruff_edit(fix: _RuffFix | None) -> tuple[Span, str] | None:
    if fix is None or len(fix.edits) != 1:
        return None
    (edit,) = fix.edits
    return _ruff_span(edit.location, edit.end_location), edit.content


class _MypyRow(_Snake):
    file: str
    line: int
    column: int = 0
    message: str
    code: str | None = None
    severity: str = "error"


def _mypy(content: bytes) -> list[Reported]:
    rows = [row for line in content.decode().splitlines() if (row := _mypy_row(line)) is not None]
    return [
        Reported(
            path=each.file,
            span=Span(max(each.line, 1), each.column + 1 if each.column > 0 else None),
            severity=Severity.ERROR if each.severity == "error" else Severity.INFO,
            rule=each.code or "",
            message=each.message,
        )
        for each in rows
        if each.severity != "note"
    ]


def _mypy_row(line: str) -> _MypyRow | None:
    """Parse a line of output; return None for a line without a location."""
    if line.startswith("{"):
        return _MypyRow.model_validate_json(line)
    found = _MYPY_LINE.match(line)
    if found is None:
        return None
    return _MypyRow(
        file=found["file"],
        line=int(found["line"]),
        column=int(found["column"] or 0) - 1,
        message=found["message"],
        code=found["code"],
        severity=found["severity"],
    )


class _ShellRow(_Part):
    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    level: str
    code: int
    message: str


class _ShellReport(_Part):
    comments: tuple[_ShellRow, ...]


_SHELL_LEVELS = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "info": Severity.INFO,
    "style": Severity.HINT,
}


def _shellcheck(content: bytes) -> list[Reported]:
    report = _ShellReport.model_validate_json(content)
    return [
        Reported(
            path=each.file,
            span=Span(each.line, each.column, each.end_line, each.end_column),
            severity=_SHELL_LEVELS.get(each.level, Severity.WARNING),
            rule=f"SC{each.code}",
            message=each.message,
        )
        for each in report.comments
    ]


class _EslintMessage(_Part):
    rule_id: str | None = None
    severity: int = 1
    message: str
    line: int = 1
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class _EslintFile(_Part):
    file_path: str
    messages: tuple[_EslintMessage, ...] = Field(default=())


def _eslint(content: bytes) -> list[Reported]:
    files = TypeAdapter(tuple[_EslintFile, ...]).validate_json(content)
    return [
        Reported(
            path=file.file_path,
            span=Span(max(each.line, 1), each.column, each.end_line, each.end_column),
            severity=Severity.ERROR if each.severity > 1 else Severity.WARNING,
            rule=each.rule_id or "",
            message=each.message,
            utf16=True,
        )
        for file in files
        for each in file.messages
    ]


_READERS: Mapping[ReportFormat, Callable[[bytes], list[Reported]]] = MappingProxyType(
    {
        ReportFormat.SARIF: read_sarif,
        ReportFormat.RUFF: _ruff,
        ReportFormat.MYPY: _mypy,
        ReportFormat.SHELLCHECK: _shellcheck,
        ReportFormat.ESLINT: _eslint,
    }
)
