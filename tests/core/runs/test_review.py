"""An auditor's reply: read tolerantly, judged strictly, every place verified."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.dialogue.prompts.roles import END_SENTINEL
from podium.dialogue.replies.audit_replies import (
    REACH,
    AuditReply,
    parse_audit_reply,
    place_remarks,
)
from podium.errors import InvalidReply
from podium.findings.text_ranges import text_in
from podium.model.findings import Observation, SuggestedEdit

TEXT = "".join(f"line {number}\n" for number in range(1, 61))
ROW = {"path": "a.py", "line": 10, "severity": "error", "message": "wrong"}


def reply(*rows: dict[str, Any], **more: Any) -> str:
    document = {"findings": list(rows), **more}
    return f"I looked.\n```json\n{json.dumps(document)}\n```\n{END_SENTINEL}\n"


def placed(**fields: Any) -> tuple[Observation | None, str]:
    found = place_remarks(parse_audit_reply(reply({**ROW, **fields})), {"a.py": TEXT}, "agent:x")
    return (
        found.observations[0] if found.observations else None,
        found.refused[0] if found.refused else "",
    )


@pytest.mark.promise("F4")
@pytest.mark.parametrize(
    "text",
    [
        '{"findings": []}',
        "```json\n{findings: [],}\n```",
        'Well, {"passed": true, "findings": [], "confidence": 9} is what I say.',
    ],
)
def test_a_clean_review_is_read_however_it_is_wrapped(text: str) -> None:
    assert parse_audit_reply(text) == AuditReply(())


@pytest.mark.promise("F4")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Looks good to me!",
        '{"passed": true}',
        '{"findings": [{"path": "a.py", "line": 1, "severity": "error", "message": "wr',
        reply({**ROW, "line": 0}),
        reply({**ROW, "severity": "awful"}),
        reply({**ROW, "message": ""}),
        reply({key: value for key, value in ROW.items() if key != "path"}),
        reply(*[ROW] * 500),
    ],
)
def test_a_reply_that_is_no_whole_review_is_refused(text: str) -> None:
    with pytest.raises(InvalidReply):
        parse_audit_reply(text)


@pytest.mark.promise("F4")
@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, 10),
        ({"quote": "line 10"}, 10),
        ({"quote": "  line   10  "}, 10),
        ({"quote": "line 12\nline 13\n"}, 12),
        ({"quote": "line 30"}, 30),
        ({"severity": "Critical", "quote": "ne 10"}, 10),
    ],
)
def test_a_quote_that_stands_near_says_where_the_finding_is(
    fields: dict[str, Any], line: int
) -> None:
    seen, refused = placed(**fields)
    assert refused == ""
    assert seen is not None
    assert (seen.range.start.line, seen.snippet) == (line, f"line {line}")


@pytest.mark.promise("F4")
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"line": 400}, "only 61 lines"),
        ({"path": "b.py"}, "no such file"),
        ({"path": "../a.py"}, "no such file"),
        ({"quote": "line 31"}, "was not found within 20 lines"),
        ({"quote": "something else"}, "was not found within 20 lines"),
        ({"quote": "line 12\nline 14"}, "was not found within 20 lines"),
    ],
)
def test_a_place_that_is_not_there_is_refused_with_the_reason(
    fields: dict[str, Any], why: str
) -> None:
    seen, refused = placed(**fields)
    assert seen is None
    assert why in refused


@pytest.mark.promise("F4", "F5")
def test_a_replacement_becomes_an_edit_only_of_whole_quoted_lines() -> None:
    seen, _ = placed(quote="line 10\nline 11", replacement="line ten\n")
    assert seen is not None
    edit = seen.suggested_edit
    assert isinstance(edit, SuggestedEdit)
    assert (text_in(TEXT, edit.range), edit.replaces, edit.text) == (
        "line 10\nline 11",
        "line 10\nline 11",
        "line ten",
    )
    seen, _ = placed(quote="ne 10", replacement="x")
    assert seen is not None
    assert seen.suggested_edit is None


@pytest.mark.promise("G9.state", "G9.redacted", "X1.secrets", "X1.text")
def test_an_agents_words_are_kept_without_secrets_and_control_signs() -> None:
    seen, _ = placed(message="API_KEY=abcdef12345 \x1b[31mred\nand more")
    assert seen is not None
    assert seen.message == "API_KEY=[redacted] red and more"


@pytest.mark.promise("F4")
@given(line=st.integers(1, 70), quoted=st.integers(1, 60))
def test_a_finding_is_never_shown_at_a_line_that_does_not_hold_its_quote(
    line: int, quoted: int
) -> None:
    seen, refused = placed(line=line, quote=f"line {quoted}")
    if seen is None:
        assert abs(line - quoted) > REACH or line > 61
        assert refused
    else:
        assert f"line {quoted}" in seen.snippet
        assert abs(seen.range.start.line - line) <= REACH
