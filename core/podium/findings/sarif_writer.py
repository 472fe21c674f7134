"""Formats findings as SARIF 2.1.0 for code scanning services and editors."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import podium
from podium.model.findings import Finding, Position, Range, Severity
from podium.model.states import FindingStatus

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
    Severity.HINT: "note",
}

Json = dict[str, Any]


def sarif_text(findings: Sequence[Finding]) -> str:
    """Return a SARIF document; dismissed findings are suppressed results with their reason."""
    rules = sorted({each.category for each in findings})
    driver: Json = {
        "name": "podium",
        "semanticVersion": podium.__version__,
        "rules": [{"id": rule} for rule in rules],
    }
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, rules.index(each.category)) for each in findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(finding: Finding, rule_index: int) -> Json:
    region = _region(finding.range)
    if finding.snippet:
        region["snippet"] = {"text": finding.snippet}
    place = {"artifactLocation": _artifact(finding), "region": region}
    result: Json = {
        "ruleId": finding.category,
        "ruleIndex": rule_index,
        "level": _LEVEL[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
        "properties": {"saidBy": finding.said_by, "status": str(finding.status)},
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {"podium/v1": finding.fingerprint}
    if finding.status is FindingStatus.DISMISSED:
        suppression = {"kind": "external", "status": "accepted", "justification": finding.reason}
        result["suppressions"] = [suppression]
    if finding.suggested_edit is not None:
        result["fixes"] = [_fix(finding)]
    return result


def _fix(finding: Finding) -> Json:
    assert finding.suggested_edit is not None, "the caller has looked"
    edit = finding.suggested_edit
    replacement = {
        "deletedRegion": _exact(edit.range.start, edit.range.end),
        "insertedContent": {"text": edit.text},
    }
    change = {"artifactLocation": _artifact(finding), "replacements": [replacement]}
    return {"description": {"text": "the suggested edit"}, "artifactChanges": [change]}


def _artifact(finding: Finding) -> Json:
    return {"uri": quote(finding.path), "uriBaseId": "%SRCROOT%"}


def _region(place: Range) -> Json:
    """Return a region; a whole line needs only its line number."""
    if place == Range.of_line(place.start.line):
        return {"startLine": place.start.line}
    return _exact(place.start, place.end)


def _exact(start: Position, end: Position) -> Json:
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }
