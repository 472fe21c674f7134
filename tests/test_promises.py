"""What is promised and what tests show are the same list, in both directions."""

from pathlib import Path

import pytest

from tests.support.goldens import ROOT, Goldens
from tests.support.promises import (
    BUILT,
    CHAPTERS,
    LATER,
    PROMISES,
    STATUS,
    citations,
    render,
    status_of,
)

CITED = citations(ROOT)


def test_every_cited_promise_exists_and_is_not_for_later() -> None:
    wrong = [
        f"{each.path}:{each.line} cites {each.promise}, which is not in the registry"
        for each in CITED
        if each.promise not in PROMISES
    ]
    wrong += [
        f"{each.path}:{each.line} cites {each.promise}, which has the status `later`"
        for each in CITED
        if each.promise in PROMISES and status_of(each.promise) == LATER
    ]
    assert not wrong, "\n".join(wrong)


def test_every_promise_that_counts_as_built_is_shown_by_a_test() -> None:
    shown = {each.promise for each in CITED}
    missing = [each for each in PROMISES if status_of(each) != LATER and each not in shown]
    assert not missing, f"no test cites {', '.join(missing)}"


def test_the_registry_is_well_formed() -> None:
    assert STATUS.keys() <= PROMISES.keys()
    for promise, said in STATUS.items():
        word, colon, missing = said.partition(": ")
        assert (word == BUILT and not colon) or (word == "partly" and missing), promise
    for letter in CHAPTERS:
        numbers = [int(each[1:]) for each in PROMISES if each[0] == letter]
        assert numbers == list(range(1, len(numbers) + 1)), f"chapter {letter}"
    assert {each[0] for each in PROMISES} == set(CHAPTERS)


def test_the_page_of_promises_is_in_step(goldens: Goldens) -> None:
    goldens.check(ROOT / "docs" / "promises.md", render(CITED))


def test_markers_are_found_wherever_they_stand(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_x.py").write_text(
        "import pytest\n"
        'pytestmark = [pytest.mark.promise("S1")]\n'
        '@pytest.mark.promise("S2", "S3")\n'
        "async def test_a(): ...\n"
        "class TestB:\n"
        '    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.promise("S4"))])\n'
        "    def test_c(self, x): ...\n"
        '# @pytest.mark.promise("S5")\n'
        "TEXT = \"@pytest.mark.promise('S6')\"\n"
    )
    assert sorted(each.promise for each in citations(tmp_path)) == ["S1", "S2", "S3", "S4"]
    (tests / "test_x.py").write_text("import pytest\n@pytest.mark.promise(X)\ndef test(): ...\n")
    with pytest.raises(AssertionError, match="literal"):
        citations(tmp_path)
