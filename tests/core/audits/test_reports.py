"""SARIF out and in, and the formats of common tools."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.audits.reports.converters import read_report
from podium.audits.reports.report import resolve_report
from podium.audits.reports.sarif_reader import read_sarif
from podium.errors import InvalidReply
from podium.findings.export import FindingFormat, findings_text
from podium.findings.sarif_writer import sarif_text
from podium.model.config import ReportFormat
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.model.states import FindingStatus
from podium.ports.report_reader import Reported, Span
from tests.support.goldens import ROOT

SCHEMA = ROOT / "tests" / "data" / "sarif-2.1.0.schema.json"


def finding(**fields: Any) -> Finding:
    place = Range(start=Position(line=2, column=5), end=Position(line=2, column=9))
    given_fields = {
        "id": "f-000001",
        "path": "src/ä b.py",
        "range": place,
        "severity": Severity.ERROR,
        "category": "syntax.unclosed",
        "message": '"{" is never closed | <b>',
        "said_by": "syntax",
        "snippet": "x = {",
        "fingerprint": "0123456789abcdef",
        **fields,
    }
    return Finding.model_validate(given_fields)


EDIT = SuggestedEdit(range=Range(start=Position(line=2), end=Position(line=2)), text="# ok\n")
FINDINGS = [
    finding(),
    finding(range=Range.of_line(3), severity=Severity.HINT, suggested_edit=EDIT),
    finding(status=FindingStatus.DISMISSED, reason="generated", snippet="", fingerprint=""),
]


@pytest.mark.promise("F6")
@pytest.mark.parametrize("findings", [[], FINDINGS], ids=["none", "some"])
def test_sarif_is_valid_by_the_published_schema(findings: list[Finding]) -> None:
    made = json.loads(sarif_text(findings))
    validator = importlib.import_module("jsonschema").Draft202012Validator
    schema = json.loads(SCHEMA.read_bytes())
    validator.check_schema(schema)
    validator(schema).validate(made)
    assert not validator(schema).is_valid({**made, "version": "2.0"})


@pytest.mark.promise("F6")
def test_what_was_dismissed_is_told_as_suppressed_with_its_reason() -> None:
    results = json.loads(sarif_text(FINDINGS))["runs"][0]["results"]
    assert [each.get("suppressions") for each in results] == [
        None,
        None,
        [{"kind": "external", "status": "accepted", "justification": "generated"}],
    ]


@pytest.mark.promise("F6")
def test_json_and_markdown_hold_every_finding() -> None:
    rows = json.loads(findings_text(FINDINGS, FindingFormat.JSON))["findings"]
    assert [Finding.model_validate(row) for row in rows] == FINDINGS
    text = findings_text(FINDINGS, FindingFormat.MARKDOWN)
    assert text.count("\n| ") == len(FINDINGS) + 1
    assert '| 2 | error | "{" is never closed \\| &lt;b> | `syntax.unclosed` | open |' in text


LINES = "one\nläß🙂nd = {\n    three\n\nfive\n"


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    lines = LINES.split("\n")
    line = draw(st.integers(1, len(lines)))
    start = draw(st.integers(1, len(lines[line - 1]) + 1))
    end = draw(st.integers(start, len(lines[line - 1]) + 1))
    if draw(st.booleans()):
        return Range.of_line(line)
    return Range(start=Position(line=line, column=start), end=Position(line=line, column=end))


@pytest.mark.promise("F3.reports", "F6")
@given(place=ranges(), severity=st.sampled_from([Severity.ERROR, Severity.WARNING, Severity.INFO]))
def test_what_goes_out_as_sarif_comes_in_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, place: Range, severity: Severity
) -> None:
    root = tmp_path_factory.getbasetemp()
    (root / "ä b.py").write_text(LINES)
    out = finding(path="ä b.py", range=place, severity=severity)
    resolved = resolve_report(root, "podium", read_sarif(sarif_text([out]).encode()))
    (seen,) = resolved.observations
    assert (seen.path, seen.range, seen.severity) == ("ä b.py", place, severity)


def sarif(result: dict[str, Any], **run: Any) -> bytes:
    base = {"tool": {"driver": {"name": "t", **run.pop("driver", {})}}, "results": [result]}
    return json.dumps({"version": "2.1.0", "runs": [{**base, **run}]}).encode()


def at(uri: str = "a.py", **region: Any) -> list[dict[str, Any]]:
    return [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}]


HELLO = {"message": {"text": "hello"}, "ruleId": "R1", "locations": at(startLine=2)}
RULES = {
    "rules": [
        {
            "id": "R1",
            "defaultConfiguration": {"level": "note"},
            "messageStrings": {"m": {"text": "{0} is {1}"}},
        }
    ]
}


@pytest.mark.promise("F3.reports")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (sarif(HELLO), [("a.py", 2, "warning", "R1", "hello")]),
        (sarif({**HELLO, "level": "error"}), [("a.py", 2, "error", "R1", "hello")]),
        (sarif(HELLO, driver=RULES), [("a.py", 2, "info", "R1", "hello")]),
        (
            sarif(
                {
                    "message": {"id": "m", "arguments": ["x", "bad"]},
                    "ruleIndex": 0,
                    "locations": at(),
                },
                driver=RULES,
            ),
            [("a.py", 1, "info", "R1", "x is bad")],
        ),
        (sarif({**HELLO, "kind": "pass"}), []),
        (sarif({**HELLO, "suppressions": [{"kind": "inSource"}]}), []),
        (sarif({**HELLO, "suppressions": [{"kind": "external", "status": "rejected"}]}), None),
        (sarif({**HELLO, "locations": []}), []),
        (b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}}]}', []),
    ],
)
def test_sarif_is_read_with_the_defaults_of_the_standard(
    content: bytes, expected: list[tuple[Any, ...]] | None
) -> None:
    rows = [(r.path, r.span.line, r.severity, r.rule, r.message) for r in read_sarif(content)]
    assert rows == ([("a.py", 2, "warning", "R1", "hello")] if expected is None else expected)


@pytest.mark.promise("X1.paths", "X1.links", "F3.reports")
@pytest.mark.parametrize(
    ("path", "line", "is_there"),
    [
        ("a.py", 2, True),
        ("./a.py", 1, True),
        ("{root}/a.py", 1, True),
        ("file://{root}/a.py", 1, True),
        ("a.py", 99, False),
        ("b.py", 1, False),
        ("../x.py", 1, False),
        ("/etc/passwd", 1, False),
        ("link.py", 1, False),
    ],
)
def test_a_place_that_is_not_in_the_project_is_left_out(
    tmp_path: Path, path: str, line: int, is_there: bool
) -> None:
    root = tmp_path / "p"
    root.mkdir()
    (root / "a.py").write_text("x = 1\ny = 2\n")
    (root / "link.py").symlink_to("/etc/hostname")
    row = Reported(path.format(root=root), Span(line), Severity.ERROR, "R", "m")
    resolved = resolve_report(root, "t", [row])
    assert (len(resolved.observations), resolved.misplaced) == (is_there, not is_there)


def test_utf16_columns_become_code_points(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("'🙂🙂' + x\n")
    row = Reported("a.js", Span(1, 10, 1, 11), Severity.ERROR, "R", "m", utf16=True)
    (seen,) = resolve_report(tmp_path, "t", [row]).observations
    assert (seen.range.start.column, seen.range.end.column) == (8, 9)


BAD = "import os\n\n\ndef f(x: int) -> str:\n    return x\n"


@pytest.mark.promise("F3.reports")
@pytest.mark.parametrize(
    ("form", "command", "expected"),
    [
        (
            ReportFormat.RUFF,
            ["ruff", "check", "--isolated", "--output-format", "json"],
            (1, "warning", "lint.F401", ""),
        ),
        (
            ReportFormat.SARIF,
            ["ruff", "check", "--isolated", "--output-format", "sarif"],
            # Ruff calls everything an error there.
            (1, "error", "lint.F401", ""),
        ),
        (
            ReportFormat.MYPY,
            ["mypy", "--output", "json", "--no-incremental"],
            (5, "error", "lint.return-value", None),
        ),
    ],
    ids=["ruff", "ruff-sarif", "mypy"],
)
def test_real_tools_are_understood(
    tmp_path: Path, form: ReportFormat, command: list[str], expected: tuple[Any, ...]
) -> None:
    (tmp_path / "a.py").write_text(BAD)
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run(
        [program, *command[1:], "a.py"], cwd=tmp_path, capture_output=True, check=False
    )
    resolved = resolve_report(tmp_path, "lint", read_report(form, done.stdout))
    assert resolved.misplaced == 0
    (seen,) = resolved.observations
    edit = seen.suggested_edit.text if seen.suggested_edit else None
    assert (seen.range.start.line, seen.severity, seen.category, edit) == expected


@pytest.mark.promise("F3.reports")
def test_the_lines_that_mypy_prints_are_understood_without_its_notes() -> None:
    printed = (
        'a.py:5:12: error: Incompatible return value type (got "int")  [return-value]\n'
        "a.py:5: note: See the documentation\n"
        "Found 1 error in 1 file (checked 1 source file)\n"
    )
    (row,) = read_report(ReportFormat.MYPY, printed.encode())
    assert (row.path, row.span, row.rule) == ("a.py", Span(5, 12), "return-value")


SHELLCHECK = {
    "comments": [
        {
            "file": "a.sh",
            "line": 2,
            "endLine": 2,
            "column": 6,
            "endColumn": 8,
            "level": "info",
            "code": 2086,
            "message": "Double quote to prevent globbing and word splitting.",
            "fix": None,
        }
    ]
}
ESLINT = [
    {
        "filePath": "a.sh",
        "messages": [
            {
                "ruleId": "no-var",
                "severity": 2,
                "message": "Unexpected var.",
                "line": 2,
                "column": 6,
                "nodeType": "VariableDeclaration",
                "endLine": 2,
                "endColumn": 8,
            }
        ],
        "errorCount": 1,
    }
]


@pytest.mark.promise("F3.reports")
@pytest.mark.parametrize(
    ("form", "report", "expected"),
    [
        (ReportFormat.SHELLCHECK, SHELLCHECK, ("info", "t.SC2086")),
        (ReportFormat.ESLINT, ESLINT, ("error", "t.no-var")),
    ],
)
def test_samples_of_tools_that_are_not_here_are_understood(
    tmp_path: Path, form: ReportFormat, report: object, expected: tuple[str, str]
) -> None:
    (tmp_path / "a.sh").write_text("#!/bin/sh\necho $1\n")
    rows = read_report(form, json.dumps(report).encode())
    (seen,) = resolve_report(tmp_path, "t", rows).observations
    assert (seen.severity, seen.category) == expected
    assert (seen.range.start, seen.range.end) == (
        Position(line=2, column=6),
        Position(line=2, column=8),
    )


@pytest.mark.promise("F3.reports")
@pytest.mark.parametrize("form", [each for each in ReportFormat if each != ReportFormat.MYPY])
@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a": 1}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_report_is_refused_in_words(form: ReportFormat, content: bytes) -> None:
    with pytest.raises(InvalidReply):
        read_report(form, content)
