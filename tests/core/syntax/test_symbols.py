"""What a text defines is known by path, and what a change touches."""

import pytest
from anyio.from_thread import start_blocking_portal

from podium.syntax import Symbol, SymbolKind, SyntaxChecker, Touch, TouchedSymbol
from tests.core.syntax.samples import PYTHON, SAMPLES

EXPECTED: dict[str, list[str]] = {
    "python": ["Entry", "Entry.amount", "Entry.tags", "Entry.describe", "total", "load", "main"],
    "javascript": ["LIMIT", "load", "Cache", "Cache.#entries", "Cache.get", "Cache.set", "main"],
    "jsx": ["Counter"],
    "go": ["Entry", "Entry.Describe", "Total"],
    "java": ["Ledger", "Ledger.rows", "Ledger.Ledger", "Ledger.toString", "Ledger.count"],
    "c": ["entry", "describe"],
    "bash": ["root", "names", "describe"],
    "ruby": [
        *("Ledger", "Ledger.LIMIT", "Ledger.Entry", "Ledger.Entry.initialize"),
        *("Ledger.Entry.describe", "Ledger.Entry.large?", "Ledger.self.total"),
    ],
    "php": [
        *("Ledger", "Ledger.LIMIT", "Ledger.$entries", "Ledger.__construct"),
        *("Ledger.add", "Ledger.total", "load"),
    ],
    "kotlin": [
        *("LIMIT", "Entry", "Ledger", "Ledger.entries", "Ledger.add", "Ledger.total"),
        *("Ledger.empty", "load"),
    ],
    "swift": [
        *("Entry", "Entry.amount", "Entry.tags", "Ledger", "Ledger.entries", "Ledger.init"),
        *("Ledger.add", "Ledger.describe", "LedgerError", "total"),
    ],
    "lua": ["json", "LIMIT", "Ledger", "Ledger.new", "Ledger.add", "total", "decode"],
    "csharp": [
        *("Ledger", "Ledger.Entry", "Ledger.Entry.Describe", "Ledger.Book"),
        *("Ledger.Book._entries", "Ledger.Book.Total", "Ledger.Book.Add", "Ledger.Book.Amounts"),
    ],
    "markdown": ["Ledger", "Ledger.Install", "Ledger.Use"],
}


def symbols_of(path: str, text: str) -> tuple[Symbol, ...]:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        found = portal.call(checker.definitions, path, text.encode())
        portal.call(checker.close)
    return found


def touched(path: str, old: str, new: str) -> tuple[TouchedSymbol, ...]:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        found = portal.call(checker.touched_symbols, path, old.encode(), new.encode())
        portal.call(checker.close)
    return found


@pytest.mark.promise("R5.touched")
@pytest.mark.parametrize("name", EXPECTED)
def test_the_definitions_of_a_text_are_found_by_path(name: str) -> None:
    path, text = SAMPLES[name]
    assert [each.path for each in symbols_of(path, text)] == EXPECTED[name]


def test_a_symbol_knows_its_kind_and_its_range() -> None:
    found = {each.path: each for each in symbols_of("a.py", PYTHON)}
    entry, describe = found["Entry"], found["Entry.describe"]
    assert (entry.kind, describe.kind) == (SymbolKind.CLASS, SymbolKind.METHOD)
    assert found["Entry.amount"].kind is SymbolKind.CONSTANT
    # Decorators belong to it.
    assert PYTHON.split("\n")[entry.start.line - 1] == "@dataclass(frozen=True)"
    assert PYTHON.split("\n")[describe.end.line - 1].endswith('{names}"')


def test_symbols_of_one_path_are_counted() -> None:
    text = "def a(): pass\n\n\ndef a(): pass\n"
    assert [each.path for each in symbols_of("a.py", text)] == ["a", "a#2"]


@pytest.mark.parametrize(("path", "text"), [("a.txt", "def a(): pass"), ("a.py", "x = '\0'")])
def test_nothing_is_known_of_texts_that_are_not_parsed(path: str, text: str) -> None:
    assert symbols_of(path, text) == ()


TOUCHES: dict[str, tuple[tuple[str, str], list[tuple[str, Touch]]]] = {
    "body": (("+= entry.amount", "+= 2"), [("total", Touch.CHANGED)]),
    "signature": (
        ("def total(entries", "def total(rows, entries"),
        [("total", Touch.SIGNATURE_CHANGED)],
    ),
    "removed": (
        (PYTHON[PYTHON.index("async def") : PYTHON.index("def main")], ""),
        [("load", Touch.REMOVED)],
    ),
    "renamed": (("def main", "def run"), [("main", Touch.REMOVED), ("run", Touch.ADDED)]),
    "outside": (("import json", "import json5"), [("", Touch.CHANGED)]),
    "inner only": (
        ("width: int = 20", "width: int = 30"),
        [("Entry.describe", Touch.SIGNATURE_CHANGED)],
    ),
    "blank lines": (("\n\n\nasync def", "\n\n\n\nasync def"), []),
}


@pytest.mark.promise("R5.touched")
@pytest.mark.parametrize("name", TOUCHES)
def test_a_change_touches_just_the_symbols_that_it_changes(name: str) -> None:
    (old, new), expected = TOUCHES[name]
    told = [(each.path, each.touch) for each in touched("a.py", PYTHON, PYTHON.replace(old, new))]
    assert told == expected


def test_what_only_moves_is_not_touched() -> None:
    moved = PYTHON.replace("def total", "LIMIT = 10\n\n\ndef total")
    assert touched("a.py", PYTHON, moved) == (TouchedSymbol("LIMIT", Touch.ADDED),)
