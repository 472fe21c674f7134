"""Suggested edits are checked patches; fingerprints know a thing again."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.errors import ValidationError, WriteConflict
from podium.findings.fingerprints import with_fingerprints
from podium.findings.suggested_edits import apply_suggestion, check_no_worse, diff_text
from podium.model.findings import Finding, Observation, Position, Range, Severity, SuggestedEdit
from podium.syntax import SyntaxChecker

OLD = "a = 1\nb = 2\nc = 3\n"
WORD = Range(start=Position(line=2, column=5), end=Position(line=2, column=6))


def suggesting(text: str = "20", place: Range = WORD, replaces: str | None = "2") -> Finding:
    return Finding(
        id="f-1",
        path="a.py",
        range=place,
        severity=Severity.WARNING,
        category="x",
        message="m",
        said_by="t",
        snippet="b = 2",
        suggested_edit=SuggestedEdit(range=place, text=text, replaces=replaces),
    )


@pytest.mark.promise("F5")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OLD, "a = 1\nb = 20\nc = 3\n"),
        ("# new\n" + OLD, "# new\na = 1\nb = 20\nc = 3\n"),
        (OLD.replace("\n", "\r\n"), "a = 1\r\nb = 20\r\nc = 3\r\n"),
        ("\ufeff" + OLD, "\ufeffa = 1\nb = 20\nc = 3\n"),
        ("ä = 1\nb = 2", "ä = 1\nb = 20"),
    ],
    ids=["as it was", "moved", "CRLF", "byte order mark", "not ASCII, no final newline"],
)
def test_an_edit_is_applied_where_its_text_stands_now(before: str, after: str) -> None:
    assert apply_suggestion(before.encode(), suggesting()).decode() == after


@pytest.mark.promise("F5")
@pytest.mark.parametrize(
    "text",
    ["a = 1\nb = 3\n", "", "x\n\nb = 2\nb = 2\n", "a = 1\nB = 2\n"],
    ids=["changed", "gone", "twice", "other name"],
)
def test_an_edit_that_fits_nowhere_or_twice_is_refused(text: str) -> None:
    with pytest.raises(WriteConflict):
        apply_suggestion(text.encode(), suggesting())


@pytest.mark.promise("F5")
def test_an_edit_of_a_finding_without_its_line_is_applied_nowhere_else() -> None:
    finding = suggesting().model_copy(update={"snippet": ""})
    assert apply_suggestion(OLD.encode(), finding).decode() == "a = 1\nb = 20\nc = 3\n"
    with pytest.raises(WriteConflict):
        apply_suggestion(b"# new\n" + OLD.encode(), finding)


@pytest.mark.promise("F5")
@pytest.mark.parametrize("text", [b"a = 1\nb = 2\r\nc", b"\xff\nb = 2\n"])
def test_a_file_that_cannot_be_edited_surely_is_left_alone(text: bytes) -> None:
    with pytest.raises(ValidationError):
        apply_suggestion(text, suggesting())


@pytest.mark.promise("F5", "V1.new")
def test_an_edit_that_would_break_the_file_is_refused() -> None:
    async def ask(after: str) -> None:
        async with SyntaxChecker() as checker:
            await check_no_worse(checker, "a.py", OLD.encode(), after.encode())

    anyio.run(ask, OLD + "d = 4\n")
    with pytest.raises(ValidationError, match="would break"):
        anyio.run(ask, OLD + "d = (\n")


def test_the_difference_is_shown_as_a_patch() -> None:
    told = diff_text("a.py", b"a\nb", b"a\nc")
    assert told.splitlines() == ["--- a/a.py", "+++ b/a.py", "@@ -1,2 +1,2 @@", " a", "-b", "+c"]


def seen(
    line: int, snippet: str, message: str = "opened at line 3", path: str = "a"
) -> Observation:
    return Observation(
        path=path,
        range=Range.of_line(line),
        severity=Severity.ERROR,
        category="c",
        message=message,
        said_by="t",
        snippet=snippet,
    )


@pytest.mark.promise("F5")
@given(
    rows=st.lists(st.tuples(st.integers(1, 50), st.sampled_from(["x", "y", "z"])), max_size=8),
    by=st.integers(0, 30),
)
def test_fingerprints_survive_a_move_and_tell_equal_things_apart(
    rows: list[tuple[int, str]], by: int
) -> None:
    before = with_fingerprints(seen(line, text) for line, text in rows)
    after = with_fingerprints(
        seen(line + by, f"  {text} ", f"opened at line {by}") for line, text in rows
    )
    assert [each for each, _ in before] == [each for each, _ in after]
    assert (
        len({each for each, _ in before})
        == len(before)
        == len({line for line, _ in before_places(rows)})
    )


def before_places(rows: list[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return the places; of two tellings of one place the first counts."""
    first: dict[int, str] = {}
    for line, text in rows:
        first.setdefault(line, text)
    return set(first.items())


@pytest.mark.parametrize("other", [seen(1, "y"), seen(1, "x", "other"), seen(1, "x", path="b")])
def test_another_thing_has_another_fingerprint(other: Observation) -> None:
    ((one, _),) = with_fingerprints([seen(1, "x")])
    ((two, _),) = with_fingerprints([other])
    assert one != two


@pytest.mark.parametrize(
    ("message", "former"),
    [
        ("a new build artifact", "a build makes such a file; it is new here"),
        (
            "this value looks like a secret; remove it and rotate it",
            "A value that looks secret stands in the text; take it out, and replace it where it is"
            " in use",
        ),
        ("the file no longer ends with a newline", "the file does not end with a newline any more"),
        (
            "unresolved merge conflict from line 3 to line 7",
            "a merge conflict is left in the file, from line 3 to line 7",
        ),
        ("unexpected `)` (also on lines 4, 5)", "unexpected `)` (more such places: line 4, 5)"),
    ],
)
def test_a_reworded_message_has_the_fingerprint_of_its_former_wording(
    message: str, former: str
) -> None:
    one, two = (seen(1, "x", each) for each in (message, former))
    assert with_fingerprints([one])[0][0] == with_fingerprints([two])[0][0]
