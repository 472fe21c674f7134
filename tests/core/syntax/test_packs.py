"""Languages of the extra `grammars` are known by name, and checked once their grammar is there."""

import importlib.util

import pytest
from tree_sitter import Language, Parser

from podium.syntax import EXTRA_LANGUAGES, LANGUAGES, Edit, Position, Status
from podium.syntax.source import Source
from podium.syntax.worker import packs
from podium.syntax.worker.documents import Document
from podium.syntax.worker.grammars import parse
from tests.core.syntax.conftest import Check

PACKS = ("semble_grammars", "tree_sitter_language_pack", "tree_sitter_languages")
INSTALLED = [name for name in PACKS if importlib.util.find_spec(name) is not None]


def test_no_language_is_both_always_there_and_extra() -> None:
    assert not LANGUAGES.keys() & EXTRA_LANGUAGES.keys()


@pytest.mark.skipif(bool(INSTALLED), reason="the extra is installed here")
def test_without_the_extra_a_file_is_skipped_and_the_command_that_helps_is_told(
    check: Check,
) -> None:
    report = check("main.dart", "void main() {\n")
    assert (report.status, report.language, report.problems) == (Status.SKIPPED, "dart", ())
    assert "podium[grammars]" in report.reason


@pytest.mark.skipif(bool(INSTALLED), reason="the extra is installed here")
def test_without_the_extra_an_open_text_is_skipped_as_well() -> None:
    document = Document("main.dart", EXTRA_LANGUAGES["dart"], b"void main() {\n", None)
    start = Position(1, 1)
    assert document.edit([Edit(start, start, " ")]) == document.check()


@pytest.mark.skipif(not INSTALLED, reason="the extra is not installed here")
@pytest.mark.parametrize("name", sorted(EXTRA_LANGUAGES))
def test_with_the_extra_every_language_parses(name: str) -> None:
    assert parse(EXTRA_LANGUAGES[name], Source(b"x\n")).root_node.end_byte == 2


@pytest.mark.skipif("tree_sitter_languages" not in INSTALLED, reason="it is not installed here")
def test_the_old_collection_works_although_its_own_functions_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packs, "PACKS", packs.PACKS[-1:])
    elm = packs.from_packs("elm")
    assert isinstance(elm, Language)
    assert not Parser(elm).parse(b"x = 1\n").root_node.has_error
    with pytest.raises(packs.GrammarMissing):
        packs.from_packs("markdown")


def test_a_pack_is_never_asked_for_what_it_crashes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def load(name: str) -> None:
        asked.append(name)

    monkeypatch.setattr(packs, "PACKS", (("json", load), ("tree_sitter_languages", load)))
    with pytest.raises(packs.GrammarMissing):
        packs.from_packs("markdown")
    assert asked == ["markdown"]
