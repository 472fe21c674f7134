"""Parses an auditor's reply: lenient parsing, strict validation, every location verified.

If an auditor's quote does not match the line, the auditor either did not read the file or read
another version. The finding would appear on the wrong line, so it is rejected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from podium.dialogue.excerpts import clean, redact
from podium.dialogue.lenient_json import JsonValue
from podium.dialogue.replies.extraction import extract_json
from podium.errors import InvalidReply
from podium.model.findings import Observation, Position, Range, Severity, SuggestedEdit
from podium.model.paths import path_problem
from podium.model.rules.validation import sentences
from podium.model.runs import CriterionVerdict

REACH = 20
"""Maximum distance, in lines, between the named line and the quoted text."""
MAX_FINDINGS = 200
_SNIPPET = 200
_ASK_AGAIN = "ask the auditor again"
_SYNONYMS = {
    "blocker": Severity.ERROR,
    "critical": Severity.ERROR,
    "high": Severity.ERROR,
    "major": Severity.ERROR,
    "medium": Severity.WARNING,
    "moderate": Severity.WARNING,
    "minor": Severity.INFO,
    "low": Severity.INFO,
    "note": Severity.INFO,
    "information": Severity.INFO,
}


def _severity(value: object) -> object:
    return _SYNONYMS.get(value.lower(), value.lower()) if isinstance(value, str) else value


class _Loose(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Remark(_Loose):
    """One finding as written by the auditor; its location is not verified."""

    path: str = Field(min_length=1)
    line: int = Field(ge=1)
    quote: str = ""
    severity: Annotated[Severity, BeforeValidator(_severity)]
    category: str = Field(default="review", max_length=60)
    message: str = Field(min_length=1, max_length=4000)
    replacement: str | None = None


class _Criterion(_Loose):
    id: str
    passed: bool
    why: str = ""


class _Reply(_Loose):
    findings: tuple[Remark, ...] = Field(max_length=MAX_FINDINGS)
    criteria: tuple[_Criterion, ...] = ()


@dataclass(frozen=True)
class AuditReply:
    """The review written by an auditor.

    Args:
        remarks: its findings, with unverified locations.
        criteria: its verdict on each criterion.
    """

    remarks: tuple[Remark, ...]
    criteria: tuple[CriterionVerdict, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the valid file names in the review, without duplicates."""
        named = dict.fromkeys(each.path for each in self.remarks)
        return tuple(path for path in named if path_problem(path) is None)


@dataclass(frozen=True)
class PlacedAudit:
    """Findings at verified locations, and the reasons why others were rejected."""

    observations: tuple[Observation, ...]
    refused: tuple[str, ...] = ()


def parse_audit_reply(text: str) -> AuditReply:
    """Return the review in an auditor's reply.

    Raises:
        InvalidReply: there is no complete JSON document of the requested shape.
    """
    found = extract_json(text, fits=_is_review)
    if not found.complete:
        raise InvalidReply(
            "The review was truncated", why="; ".join(found.notes), hints=[_ASK_AGAIN]
        )
    try:
        reply = _Reply.model_validate(found.value)
    except ValidationError as error:
        raise InvalidReply(
            "The review does not match the requested schema",
            why="; ".join(sentences(error, _Reply)[:10]),
            hints=[_ASK_AGAIN],
        ) from error
    criteria = tuple(
        CriterionVerdict(id=each.id, passed=each.passed, why=_sanitised(each.why))
        for each in reply.criteria
    )
    return AuditReply(reply.findings, criteria)


def place_remarks(reply: AuditReply, texts: Mapping[str, str], said_by: str) -> PlacedAudit:
    """Verify every location; move a finding to a nearby line if the quote is there.

    Args:
        texts: the contents of the existing files, by path.
        said_by: the author of the remarks.
    """
    observations: list[Observation] = []
    refused: list[str] = []
    for remark in reply.remarks:
        placed = _place(remark, texts)
        if isinstance(placed, str):
            refused.append(placed)
        else:
            lines = texts[remark.path].split("\n")
            observations.append(_observation(remark, placed, lines, said_by))
    return PlacedAudit(tuple(observations), tuple(refused))


def _is_review(value: JsonValue) -> bool:
    return isinstance(value, dict) and "findings" in value


def _place(remark: Remark, texts: Mapping[str, str]) -> tuple[int, int] | str:
    """Return the first line and the number of lines, or the reason why the location is invalid."""
    name = f"{remark.path}:{remark.line}"
    if remark.path not in texts:
        return f"{name}: no such file"
    lines = texts[remark.path].split("\n")
    if remark.line > len(lines):
        return f"{name}: the file has only {len(lines)} lines"
    quote = [_plain(line) for line in remark.quote.strip("\r\n").split("\n")]
    if not any(quote):
        return remark.line, 1
    count = len(quote)
    nearest = sorted(range(1, len(lines) + 1), key=lambda number: abs(number - remark.line))
    for number in nearest[: 2 * REACH + 1]:
        if abs(number - remark.line) > REACH:
            break
        actual = [_plain(line) for line in lines[number - 1 : number - 1 + count]]
        if actual == quote or (count == 1 and actual and quote[0] in actual[0]):
            return number, count
    return f"{name}: the quoted text was not found within {REACH} lines: {quote[0][:80]!r}"


def _plain(line: str) -> str:
    return " ".join(line.split())


def _observation(
    remark: Remark, placed: tuple[int, int], lines: list[str], said_by: str
) -> Observation:
    first, count = placed
    line = lines[first - 1].rstrip("\r")
    start = Position(line=first, column=len(line) - len(line.lstrip()) + 1)
    last = lines[first + count - 2].rstrip("\r")
    end = Position(line=first + count - 1, column=len(last.rstrip()) + 1)
    place = Range(start=min(start, end, key=lambda at: (at.line, at.column)), end=end)
    return Observation(
        path=remark.path,
        range=place,
        severity=remark.severity,
        category=_sanitised(remark.category) or "review",
        message=_sanitised(remark.message),
        said_by=said_by,
        suggested_edit=_edit(remark, placed, lines),
        snippet=line.strip()[:_SNIPPET],
    )


def _edit(remark: Remark, placed: tuple[int, int], lines: list[str]) -> SuggestedEdit | None:
    """Return the replacement as an edit to whole lines, if whole lines were quoted."""
    first, count = placed
    actual = [line.rstrip("\r") for line in lines[first - 1 : first - 1 + count]]
    quoted = remark.quote.strip("\r\n").replace("\r\n", "\n").split("\n")
    if remark.replacement is None or actual != quoted:
        return None
    end = Position(line=first + count - 1, column=len(actual[-1]) + 1)
    return SuggestedEdit(
        range=Range(start=Position(line=first), end=end),
        text=remark.replacement.rstrip("\n"),
        replaces="\n".join(actual),
    )


def _sanitised(text: str) -> str:
    """Sanitise text from an agent for display and storage."""
    return " ".join(redact(clean(text)).split())
