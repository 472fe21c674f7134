"""What is promised and what tests show are the same list, in both directions."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.goldens import ROOT, Goldens
from tests.support.promises import (
    TABLE,
    Citation,
    Registry,
    Status,
    citations,
    render,
    unproven,
    wrong_citations,
)

REGISTRY = Registry.parse(TABLE.read_text(encoding="utf-8"))

SMALL = Registry.parse(
    """
    [chapters]
    A = "All"
    [A1]
    text = "It is built."
    [A2]
    text = "It is not."
    clauses.one = "the first part"
    clauses.two = "the second part"
    """
)


@cache
def all_citations() -> list[Citation]:
    """Return what all tests cite; read once, and not in each process that collects the tests."""
    return citations(ROOT)


def cite(*ids: str) -> list[Citation]:
    return [Citation(each, "tests/test_x.py", 7) for each in ids]


def test_every_cited_promise_exists_and_is_not_for_later() -> None:
    wrong = wrong_citations(REGISTRY, all_citations())
    assert not wrong, "\n".join(wrong)


def test_every_promise_that_counts_as_built_is_shown_by_a_test() -> None:
    missing = unproven(REGISTRY, all_citations())
    assert not missing, f"no test cites {', '.join(missing)}: cite them, or give them clauses"


@pytest.mark.parametrize(
    ("cited", "expected"),
    [
        ("A1", ""),
        ("A2.one", ""),
        ("A2", "tests/test_x.py:7 cites A2: it has clauses: cite A2.one, A2.two"),
        ("A2.three", "tests/test_x.py:7 cites A2.three: there is no such clause"),
        ("A1.one", "tests/test_x.py:7 cites A1.one: there is no such clause"),
        ("A9", "tests/test_x.py:7 cites A9: there is no such promise"),
        ("A9.one", "tests/test_x.py:7 cites A9.one: there is no such promise"),
        ("", "tests/test_x.py:7 cites : there is no such promise"),
    ],
    ids=[
        "whole",
        "clause",
        "has clauses",
        "no clause",
        "none at all",
        "no promise",
        "neither",
        "empty",
    ],
)
def test_only_clauses_and_whole_promises_without_clauses_can_be_cited(
    cited: str, expected: str
) -> None:
    assert wrong_citations(SMALL, cite(cited)) == ([expected] if expected else [])


def test_a_promise_without_clauses_needs_a_test() -> None:
    assert unproven(SMALL, cite("A2.one")) == ["A1"]
    assert unproven(SMALL, cite("A1")) == []


@pytest.mark.parametrize(
    ("cited", "expected"),
    [
        ((), Status.LATER),
        (("A1", "A2", "A2.three"), Status.LATER),
        (("A2.two",), Status.PARTLY),
        (("A2.two", "A2.one"), Status.BUILT),
    ],
)
def test_how_far_a_promise_is_built_follows_from_its_cited_clauses(
    cited: tuple[str, ...], expected: Status
) -> None:
    assert SMALL.promises["A2"].status(cited) is expected


def test_the_registry_is_well_formed() -> None:
    for letter in REGISTRY.chapters:
        numbers = [int(each[1:]) for each in REGISTRY.promises if each[0] == letter]
        assert numbers == list(range(1, len(numbers) + 1)), f"chapter {letter}"
    assert {each[0] for each in REGISTRY.promises} == set(REGISTRY.chapters)
    for promise in REGISTRY.promises.values():
        assert promise.text.endswith("."), promise.id
        for clause, text in promise.clauses.items():
            assert re.fullmatch(r"[A-Z]\d+\.[a-z]+(-[a-z]+)*", clause), clause
            assert text, clause


def test_the_page_of_promises_is_in_step(goldens: Goldens) -> None:
    goldens.check(ROOT / "docs" / "promises.md", render(REGISTRY, all_citations()))


def test_the_page_shows_which_clauses_no_test_cites() -> None:
    page = render(SMALL, cite("A1", "A2.one", "A2.one"))
    assert "2 promises: 1 built, 1 partly built, 0 later.\n\n## A · All\n" in page
    assert page.endswith(
        "\n### A1 · built\n\nIt is built.\n\n- `tests/test_x.py`\n"
        "\n### A2 · partly built\n\nIt is not.\n\n"
        "- [x] `A2.one`: the first part\n  - `tests/test_x.py`\n"
        "- [ ] `A2.two`: the second part\n"
    )


def test_the_page_has_no_long_lines() -> None:
    page = render(REGISTRY, all_citations())
    assert [line for line in page.splitlines() if len(line) > 120] == []


def test_markers_are_found_wherever_they_stand(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_x.py").write_text(
        "import pytest\n"
        'pytestmark = [pytest.mark.promise("S1")]\n'
        '@pytest.mark.promise("S2", "S3.part")\n'
        "async def test_a(): ...\n"
        "class TestB:\n"
        '    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.promise("S4"))])\n'
        "    def test_c(self, x): ...\n"
        '# @pytest.mark.promise("S5")\n'
        "TEXT = \"@pytest.mark.promise('S6')\"\n"
    )
    assert sorted(each.id for each in citations(tmp_path)) == ["S1", "S2", "S3.part", "S4"]
    (tests / "test_x.py").write_text("import pytest\n@pytest.mark.promise(X)\ndef test(): ...\n")
    with pytest.raises(AssertionError, match="literal"):
        citations(tmp_path)
