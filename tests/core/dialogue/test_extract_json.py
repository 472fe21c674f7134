"""JSON in replies: valid stays valid, sloppy is read and told, and time is linear."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.dialogue.lenient_json import JsonValue, Repair
from podium.dialogue.replies.plan_replies import ExtractedJson, extract_json
from podium.errors import InvalidReply

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.text(st.sampled_from("ab\"\\'{}[],:/#\n\t `\u201c\u201d"), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)
CONTAINERS = st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=6), VALUES, max_size=4)


def extracted(text: str) -> ExtractedJson:
    return extract_json(text)


@pytest.mark.promise("P1.tolerant")
@settings(max_examples=150)
@given(value=CONTAINERS, indent=st.sampled_from([None, 1]), is_ascii=st.booleans())
def test_valid_json_is_read_as_the_standard_says(
    value: Any, indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii).replace("\x00", "")
    found = extracted(text)
    assert found.value == json.loads(text)
    assert (found.complete, found.repaired, found.notes) == (True, False, ())


@settings(max_examples=100)
@given(value=CONTAINERS.filter(bool), data=st.data())
def test_a_cut_text_gives_a_part_that_is_told_to_be_one(
    value: JsonValue, data: st.DataObject
) -> None:
    text = json.dumps(value)
    length = data.draw(st.integers(1, len(text) - 1))
    try:
        found = extracted(text[:length])
    except InvalidReply:
        return
    if isinstance(found.value, type(value)) and not found.complete:
        check_is_part(found.value, value)


def check_is_part(part: JsonValue, whole: JsonValue) -> None:
    """Assert that `part` has nothing that `whole` has not; the last text may be cut."""
    if isinstance(part, list) and isinstance(whole, list):
        assert len(part) <= len(whole)
        for mine, theirs in zip(part, whole, strict=False):
            check_is_part(mine, theirs)
    elif isinstance(part, dict) and isinstance(whole, dict):
        for key, mine in part.items():
            check_is_part(mine, whole[key])
    elif isinstance(part, str) and isinstance(whole, str):
        assert whole.startswith(part)
    else:
        assert part == whole


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize(
    ("text", "value", "notes"),
    [
        ('{"a": 1,}', {"a": 1}, ["a trailing comma was ignored (line 1)"]),
        ("[1,, 2]", [1, 2], ["a comma without a value was ignored (line 1)"]),
        ('{"a": 1\n "b": 2}', {"a": 1, "b": 2}, ["a missing comma was inserted (line 2)"]),
        ('["a"\n"b"]', ["a", "b"], ["a missing comma was inserted (line 2)"]),
        ("{'a': 1}", {"a": 1}, ["quotation marks other than '\"' were accepted (line 1)"]),
        ("{a: 1}", {"a": 1}, ["an unquoted key was accepted (line 1)"]),
        ("[1, /* x */ 2]", [1, 2], ["a comment was ignored (line 1)"]),
        ("[1, // x\n 2 # y\n]", [1, 2], ["a comment was ignored (2 times, first in line 1)"]),
        (
            "[True, None]",
            [True, None],
            ["True, False or None was read as true, false or null (2 times, first in line 1)"],
        ),
        (
            '["say "hi" now"]',
            ['say "hi" now'],
            [f"{Repair.INNER_QUOTE.value} (2 times, first in line 1)"],
        ),
        (
            '["a\nb"]',
            ["a\nb"],
            ["a line break inside a string was kept (line 1)"],
        ),
        (r'["\d+"]', ["\\d+"], ["an unknown escape was kept as written (line 1)"]),
        (r'["\u12"]', ["\\u12"], ["an unknown escape was kept as written (line 1)"]),
        (r'["\ud83d\ude00"]', ["\U0001f600"], []),
        (r'["\ude00"]', ["\ufffd"], ["an unpaired surrogate was replaced (line 1)"]),
        ('["a\x00b"]', ["ab"], ["unreadable characters were removed (1 times)"]),
        (
            '{"a": 1, "a": 2}',
            {"a": 2},
            ["an object has a duplicate key, and its last value was used (line 1)"],
        ),
        (
            "[1] then [1, 2]",
            [1, 2],
            ["the reply contains 2 JSON documents; the longest one was used"],
        ),
        ("x ```json\n[1]", [1], []),
        ("\ufeff[1]", [1], []),
    ],
)
def test_sloppy_json_is_read_and_every_repair_told(text: str, value: Any, notes: list[str]) -> None:
    found = extracted(text)
    assert (found.value, found.complete, list(found.notes)) == (value, True, notes)


CUT_TEXTS: list[tuple[str, JsonValue, tuple[str | int, ...]]] = [
    ('{"a": [1, {"b": "te', {"a": [1, {"b": "te"}]}, ("a", 1, "b")),
    ('{"a": [1, {"b"', {"a": [1, {}]}, ("a", 1)),
    ('{"a": 12', {}, ("a",)),
    ('{"a": tru', {}, ("a",)),
    ("[1, 2", [1], ()),
    ("[1, 2,", [1, 2], ()),
    ('[1, "x\\u00', [1, "x"], (1,)),
    ('```json\n[1, "x"\n```\nSorry.', [1, "x"], ()),
    ("[1, /* never closed", [1], ()),
]


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize(
    ("text", "value", "path"),
    CUT_TEXTS,
)
def test_a_cut_text_says_where_it_was_cut(
    text: str, value: Any, path: tuple[str | int, ...]
) -> None:
    if not value:
        with pytest.raises(InvalidReply):
            extracted(text)
        return
    found = extracted(text)
    assert (found.value, found.complete, found.open_path) == (value, False, path)
    assert found.notes[-1].startswith("the JSON ends early, on line ")


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        ("", "The reply is empty", ""),
        ("\x00\n ", "The reply is empty", ""),
        ("No.", "The reply contains no JSON", "no object or list"),
        ("a {name} and [link](x)", "The reply contains no JSON", "no object or list"),
        (
            '{"a": foo()}',
            "The JSON in the reply is invalid",
            "line 1: expected a value, found 'foo()}'",
        ),
        (
            '{"a": 1,\n "b" 2}',
            "The JSON in the reply is invalid",
            "line 2: expected ':' after the key",
        ),
        ('{"a": [1}', "The JSON in the reply is invalid", "expected ',' or ']'"),
        ('{"b": 1, "a\n": 1}', "The JSON in the reply is invalid", "the end of the key"),
        ("[1, 1e999]", "The JSON in the reply is invalid", "a number within range"),
        (
            "[1, " + "9" * 400 + "]",
            "The JSON in the reply is invalid",
            "a number within range",
        ),
        ("[1, ...]", "The JSON in the reply is invalid", "expected a value, found '...]'"),
        ("[1, NaN]", "The JSON in the reply is invalid", "expected a value, found 'NaN]'"),
        ("[1]" + " " * 8_000_000, "The reply is too long: 8,000,003 characters", "the limit is"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(text: str, what: str, why: str) -> None:
    with pytest.raises(InvalidReply) as caught:
        extract_json(text, fits=lambda value: isinstance(value, dict | list))
    assert caught.value.what == what
    assert why in caught.value.why
    assert caught.value.hints


def test_deep_nesting_is_refused_not_suffered() -> None:
    with pytest.raises(InvalidReply, match="at most 200 levels of nesting"):
        extract_json("[" * 100_000, fits=lambda value: True)


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (['{"kind": "other"}', '{"wanted": 1}'], {"wanted": 1}),
        (['{"wanted": 1}', '{"kind": "other"}'], {"wanted": 1}),
        (['{"wanted": 1}', '{"wanted": 2}'], {"wanted": 2}),
        (['{"wanted": 1}', '{"wanted": 2, "more": '], {"wanted": 1}),
    ],
)
def test_of_several_documents_the_last_that_fits_is_taken(texts: list[str], value: Any) -> None:
    def fits(found: object) -> bool:
        return isinstance(found, dict) and "wanted" in found

    fenced = "\n\n".join(f"So:\n\n```json\n{text}\n```" for text in texts)
    assert extract_json(fenced, fits=fits).value == value
    assert extract_json(" and then ".join(texts), fits=fits).value == value


HOSTILE = [
    *(
        "{",
        "[",
        '{"a":',
        '{"',
        '["',
        "{}",
        '{"a":1}',
        "[1,",
        "{['",
        "```\n",
        "```json\n{\n",
        "~~~\n{[",
    ),
    *(" ", "\n", "'", "a ", "/*", "{ ", "[ ", '{"a" : [', "}{", "][", "“", "[null]{"),
]
INSIDE = [
    '" ',
    ' x "',
    ",",
    "//",
    "/*",
    "#\n",
    "\\",
    "\\u",
    "\\ud83d",
    "-",
    "1",
    '"",',
    "{},",
    "'",
    '": "',
    "\n",
    "”",
]


def calls_during(text: str) -> int:
    """Return how many Python functions are called while `text` is read."""
    count = 0

    def count_call(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(count_call)
    try:
        extract_json(text)
    except InvalidReply:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize("pattern", HOSTILE + [f'["{each}' for each in INSIDE])
def test_twice_the_text_takes_at_most_about_twice_the_steps(pattern: str) -> None:
    prefix, repeated = (pattern[:2], pattern[2:]) if pattern not in HOSTILE else ("", pattern)
    small = calls_during(prefix + repeated * (4_000 // len(repeated)))
    large = calls_during(prefix + repeated * (8_000 // len(repeated)))
    assert large <= 2.2 * small + 500


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize("pattern", ["[[", '["" "', "```json\n{\n", "/*["])
def test_half_a_megabyte_of_hostile_text_come_to_an_end(pattern: str) -> None:
    text = pattern * (500_000 // len(pattern))
    try:
        outcome: ExtractedJson | InvalidReply = extract_json(text)
    except InvalidReply as error:
        outcome = error
    told = outcome.notes if isinstance(outcome, ExtractedJson) else outcome.hints
    assert told
