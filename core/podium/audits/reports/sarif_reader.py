"""Reads findings from SARIF 2.1.0: tolerates missing fields, rejects fields of a wrong type.

In SARIF nearly every field is optional and has a default.
"""

from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import unquote, urljoin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from podium.errors import InvalidReply
from podium.model.findings import Severity
from podium.model.rules.validation import sentences
from podium.ports.report_reader import Reported, Span

Level = Literal["none", "note", "warning", "error"]
_SEVERITY = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "note": Severity.INFO,
    "none": Severity.HINT,
}
_NO_PROBLEM = ("pass", "notApplicable", "informational")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class _Message(_Part):
    text: str = ""
    id: str = ""
    arguments: tuple[str, ...] = ()


class _Region(_Part):
    start_line: int | None = None
    start_column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    @property
    def span(self) -> Span:
        return Span(self.start_line or 1, self.start_column, self.end_line, self.end_column)

    @property
    def exact(self) -> Span | None:
        """The span of an edit, or None; an insertion has no end."""
        if self.start_line is None:
            return None
        column = self.start_column or 1
        line = self.end_line or self.start_line
        return Span(self.start_line, column, line, self.end_column or column)


class _Artifact(_Part):
    uri: str = ""
    uri_base_id: str = ""
    index: int = -1


class _Physical(_Part):
    artifact_location: _Artifact = _Artifact()
    region: _Region = _Region()


class _Location(_Part):
    physical_location: _Physical | None = None


class _Replacement(_Part):
    deleted_region: _Region
    inserted_content: _Message | None = None


class _Change(_Part):
    artifact_location: _Artifact
    replacements: tuple[_Replacement, ...]


class _Fix(_Part):
    artifact_changes: tuple[_Change, ...]


class _Suppression(_Part):
    status: str = "accepted"


class _RuleReference(_Part):
    id: str = ""


class _Result(_Part):
    message: _Message
    rule_id: str = ""
    rule_index: int = -1
    rule: _RuleReference = _RuleReference()
    level: Level | None = None
    kind: str = "fail"
    locations: tuple[_Location, ...] = ()
    fixes: tuple[_Fix, ...] = ()
    suppressions: tuple[_Suppression, ...] | None = None


class _Configuration(_Part):
    level: Level = "warning"


class _Rule(_Part):
    id: str
    default_configuration: _Configuration = _Configuration()
    message_strings: dict[str, _Message] = Field(default_factory=dict)


class _Driver(_Part):
    name: str
    rules: tuple[_Rule, ...] = ()


class _Tool(_Part):
    driver: _Driver


class _Entry(_Part):
    location: _Artifact = _Artifact()


class _Run(_Part):
    tool: _Tool
    results: tuple[_Result, ...] | None = None
    artifacts: tuple[_Entry, ...] = ()
    original_uri_base_ids: dict[str, _Artifact] = Field(default_factory=dict)
    column_kind: str = "utf16CodeUnits"

    def rule_of(self, result: _Result) -> _Rule | None:
        rules = self.tool.driver.rules
        if 0 <= result.rule_index < len(rules):
            return rules[result.rule_index]
        return next((each for each in rules if each.id == result.rule_id), None)


class _Log(_Part):
    version: Literal["2.1.0"]
    runs: tuple[_Run, ...]


def read_sarif(content: bytes) -> list[Reported]:
    """Return the results of a SARIF document, without suppressed ones.

    Raises:
        InvalidReply: the document is not SARIF 2.1.0; the message says where.
    """
    try:
        log = _Log.model_validate_json(content)
    except ValidationError as error:
        raise InvalidReply(
            "The report is not SARIF 2.1.0",
            why=sentences(error)[0],
            hints=["check the tool's output, or correct its `format` setting"],
        ) from error
    return [row for run in log.runs for row in _rows(run)]


def _rows(run: _Run) -> Iterator[Reported]:
    for result in run.results or ():
        accepted = any(each.status == "accepted" for each in result.suppressions or ())
        if result.kind in _NO_PROBLEM or accepted:
            continue
        for location in result.locations[:1]:
            if location.physical_location is not None:
                yield _row(run, result, location.physical_location)


def _row(run: _Run, result: _Result, place: _Physical) -> Reported:
    rule = run.rule_of(result)
    level = result.level or (rule.default_configuration.level if rule else "warning")
    return Reported(
        path=_path(run, place.artifact_location),
        span=place.region.span,
        severity=_SEVERITY[level],
        rule=result.rule_id or result.rule.id or (rule.id if rule else ""),
        message=_text(result.message, rule.message_strings if rule else {}),
        edit=_edit(run, result, place),
        utf16=run.column_kind != "unicodeCodePoints",
    )


def _path(run: _Run, artifact: _Artifact) -> str:
    if not artifact.uri and 0 <= artifact.index < len(run.artifacts):
        artifact = run.artifacts[artifact.index].location
    base = run.original_uri_base_ids.get(artifact.uri_base_id)
    if artifact.uri.startswith("file:"):
        return artifact.uri
    if base is not None and base.uri.startswith("file:"):
        return urljoin(base.uri, artifact.uri)
    return unquote(artifact.uri)


def _text(message: _Message, strings: Mapping[str, _Message]) -> str:
    text = message.text or (strings[message.id].text if message.id in strings else "")
    for number, argument in enumerate(message.arguments):
        text = text.replace(f"{{{number}}}", argument)
    return text


def _edit(run: _Run, result: _Result, place: _Physical) -> tuple[Span, str] | None:
    """Return the first fix if it is a single replacement in the result's file, or else None."""
    for fix in result.fixes[:1]:
        if len(fix.artifact_changes) != 1 or len(fix.artifact_changes[0].replacements) != 1:
            return None
        change = fix.artifact_changes[0]
        (replacement,) = change.replacements
        span = replacement.deleted_region.exact
        same = _path(run, change.artifact_location) == _path(run, place.artifact_location)
        if span is None or not same:
            return None
        inserted = replacement.inserted_content
        return span, inserted.text if inserted else ""
    return None
