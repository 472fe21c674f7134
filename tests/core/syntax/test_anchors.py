"""A finding stays at its line while the text changes, or says that it cannot."""

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.syntax import Place, Placed, Stale, SyntaxChecker, language_of
from podium.syntax.anchors import make_anchor, normalised, relocate
from podium.syntax.symbols import Outline
from podium.syntax.worker.judge import outline
from tests.core.syntax.samples import JAVASCRIPT, PYTHON, SAMPLES


def line_of(text: str, mark: str) -> int:
    return text[: text.index(mark)].count("\n") + 1


def outline_of(path: str, text: str) -> Outline:
    language = language_of(path)
    assert language is not None
    return outline(language, text.encode())


def moved(path: str, old: str, mark: str, new: str, *, with_old: bool) -> Place:
    anchor = make_anchor(old, outline_of(path, old), line_of(old, mark))
    return relocate(anchor, new, outline_of(path, new), old if with_old else None)


MARK = "result -= abs(entry.amount)"
WHOLE_TOTAL = PYTHON[PYTHON.index("def total") : PYTHON.index("async def")]
MOVES = {
    "nothing changes": PYTHON,
    "lines are added before": "import os\nimport sys\n" + PYTHON,
    "the function moves to the end": PYTHON.replace(WHOLE_TOTAL, "") + "\n\n" + WHOLE_TOTAL,
    "the function is renamed": PYTHON.replace("def total(", "def sum_up("),
    "a formatter changes the indentation": PYTHON.replace("    ", "  "),
    "it becomes a method": PYTHON.replace(
        WHOLE_TOTAL,
        "class Book:\n" + "".join(f"    {line}\n" for line in WHOLE_TOTAL.strip().split("\n")),
    ),
    "the line beside it changes": PYTHON.replace("result += entry.amount", "result += 1"),
}


@pytest.mark.promise("F2.anchor", "F2.moves")
@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("with_old", [True, False], ids=["old text", "anchor alone"])
def test_an_anchor_finds_its_line_again(name: str, with_old: bool) -> None:
    new = MOVES[name]
    place = moved("a.py", PYTHON, MARK, new, with_old=with_old)
    assert place == Placed(line_of(new, MARK))


@pytest.mark.promise("F2.stale")
@pytest.mark.parametrize("with_old", [True, False], ids=["old text", "anchor alone"])
@pytest.mark.parametrize(
    "new",
    [
        PYTHON.replace(MARK, "result -= 1"),
        PYTHON.replace("            " + MARK + "\n", ""),
        PYTHON.replace(WHOLE_TOTAL, ""),
        "x = 1\n",
        "",
    ],
    ids=["changed", "removed", "removed with all around", "another text", "nothing"],
)
def test_an_anchor_whose_line_is_gone_is_stale(new: str, with_old: bool) -> None:
    place = moved("a.py", PYTHON, MARK, new, with_old=with_old)
    assert isinstance(place, Stale)
    assert f"line {line_of(PYTHON, MARK)} of `total` was changed or removed" == place.reason


def test_of_equal_lines_the_right_one_is_found() -> None:
    text = JAVASCRIPT.replace("return this;", "return this;\n  }\n\n  add() {\n    return this;")
    second = text.index("return this;", text.index("return this;") + 1)
    line = text[:second].count("\n") + 1
    anchor = make_anchor(text, outline_of("a.js", text), line)
    new = "// one more line\n" + text
    assert relocate(anchor, new, outline_of("a.js", new)) == Placed(line + 1)


def test_among_equal_lines_in_equal_company_a_lost_one_makes_an_anchor_stale() -> None:
    row = "call(1);\n"
    anchor = make_anchor(row * 9, Outline((), ""), 5)
    assert isinstance(relocate(anchor, row * 8, Outline((), "")), Stale)


def test_a_file_of_no_known_language_has_anchors_too() -> None:
    text = "".join(f"line number {number}\n" for number in range(9))
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        anchor = portal.call(checker.make_anchor, "a.txt", text.encode(), 5)
        new = b"a new first line\n" + text.encode()
        for old in (None, text.encode()):
            place = portal.call(checker.relocate, anchor, "moved/b.txt", new, old)
            assert place == Placed(6)
        assert checker.worker_pid is None
        portal.call(checker.close)


@st.composite
def edited_samples(draw: st.DrawFn) -> tuple[str, str, str, int]:
    """Return a path, a sample, the sample with lines removed, doubled and moved, and a line."""
    path, text = draw(st.sampled_from(sorted(SAMPLES.values())))
    lines = text.split("\n")
    line = draw(st.integers(1, len(lines)))
    for _ in range(draw(st.integers(1, 6))):
        at, to = draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))
        piece = lines[at : at + draw(st.integers(1, 6))]
        if draw(st.booleans()):
            del lines[at : at + len(piece)]
        lines[to:to] = piece
    return path, text, "\n".join(lines), line


@pytest.mark.promise("F2.elsewhere")
@settings(max_examples=300, deadline=None)
@given(edited_samples(), st.booleans())
def test_an_anchor_never_points_at_other_text(
    sample: tuple[str, str, str, int], with_old: bool
) -> None:
    path, old, new, line = sample
    anchor = make_anchor(old, outline_of(path, old), line)
    place = relocate(anchor, new, outline_of(path, new), old if with_old else None)
    if isinstance(place, Placed):
        then, now = old.split("\n")[line - 1], new.split("\n")[place.line - 1]
        assert normalised(now) == normalised(then)


@pytest.mark.promise("F2.elsewhere")
def test_an_equal_line_in_other_company_is_not_taken_for_the_line() -> None:
    old = "def f(rows):\n    first = 1\n    send(rows)\n    last = 2\n    return last\n"
    new = "def f(rows):\n    if rows:\n        send(rows)\n    log(rows)\n    wait()\n"
    anchor = make_anchor(old, outline_of("a.py", old), 4)
    assert isinstance(relocate(anchor, new, outline_of("a.py", new)), Stale)
    other = "def g():\n    a()\n    last = 2\n    b()\n\n\ndef f(rows):\n    send(rows)\n"
    assert isinstance(relocate(anchor, other, outline_of("a.py", other)), Stale)
    twin = "def f(x):\n    one()\n    last = 2\n    two()\n    three()\n"
    assert isinstance(relocate(anchor, twin, outline_of("a.py", twin)), Stale)
