"""What counts as a move, and what is seen that is more than one."""

import textwrap
from pathlib import Path

import pytest
from scripts.code_tree import CodeTree, tree_at, working_tree
from scripts.names_table import Names, TableError, read_names
from scripts.same_code import differences

from tests.support.repositories import isolated_git, make_repository, write_files

__all__ = ["isolated_git"]

Files = dict[str, str]

OLD_FILES: Files = {
    "core/podium/__init__.py": "",
    "core/podium/room/__init__.py": '"""A room; see `room/calls.py`."""\n',
    "core/podium/room/calls.py": '''
        """Calls; `Folder` is in `podium.room.calls`."""
        import os
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from podium.room.other import Other

        __all__ = ["Folder"]
        LIMIT = 3
        """How many."""

        class Folder:
            """A folder."""

            def shrink(self, other: "Other", *, deep: bool = False) -> str:
                """Make it small."""
                return os.path.join("a", other.name, str(LIMIT))

        def opened(folder: Folder) -> str:
            limit = 4
            return folder.shrink(None, deep=bool(limit))
    ''',
    "core/podium/room/other.py": '''
        """Others."""
        from podium.room import calls

        class Other:
            name = "x"

        def use() -> str:
            return calls.opened(calls.Folder())

        def later() -> object:
            from podium.room.calls import LIMIT
            return LIMIT
    ''',
    "tests/room/test_calls.py": '''
        """Tests."""
        from podium.room.other import use

        def test_use(monkeypatch) -> None:
            monkeypatch.setattr("podium.room.calls.LIMIT", 5)
            monkeypatch.setattr(use, "shrink", "shrink")
            assert use()
    ''',
}

TABLE = """
[modules]
"podium.room.calls" = "podium.agents.directory"
"tests.room" = "tests.agents"
[symbols]
"podium.room.calls:Folder" = "podium.agents.directory:Directory"
"podium.room.calls:LIMIT" = "podium.agents.bounds:MOST"
[identifiers]
"shrink" = "compress"
"deep" = "fully"
"""

MOVED: Files = {
    "core/podium/__init__.py": "",
    "core/podium/room/__init__.py": '"""A room; see `agents/directory.py`."""\n',
    "core/podium/agents/__init__.py": '"""Agents."""\n',
    "core/podium/agents/bounds.py": '"""Bounds."""\nMOST = 3\n"""How many."""\n',
    "core/podium/agents/directory.py": '''
        """Calls; `Directory` is in
        `podium.agents.directory`."""
        from os import path
        from podium.agents.bounds import MOST
        from podium.room.other import Other

        class Directory:
            """A folder."""

            def compress(self, other: Other, *, fully: bool = False) -> str:
                """Make it small."""
                return path.join("a", other.name, str(MOST))

        def opened(folder: Directory) -> str:
            limit = 4
            return folder.compress(None, fully=bool(limit))
    ''',
    "core/podium/room/other.py": '''
        """Others."""
        from podium.agents.directory import Directory, opened

        class Other:
            name = "x"

        def use() -> str:
            return opened(Directory())

        def later() -> object:
            from podium.agents import bounds
            return bounds.MOST
    ''',
    "tests/agents/test_calls.py": '''
        """Tests."""
        from podium.room.other import use

        def test_use(monkeypatch) -> None:
            monkeypatch.setattr("podium.agents.bounds.MOST", 5)
            monkeypatch.setattr(use, "compress", "shrink")
            assert use()
    ''',
}


def tree(files: Files) -> CodeTree:
    return CodeTree({path: textwrap.dedent(text) for path, text in files.items()})


def table(folder: Path, text: str) -> Names:
    (folder / "a.toml").write_text(text)
    return read_names(folder)


def check(folder: Path, before: Files, names: str, after: Files, expected: list[str]) -> None:
    """Assert what is found: `old -> new: what`, each difference as `str` shows it."""
    found = [str(each) for each in differences(tree(before), tree(after), table(folder, names))]
    assert found == expected


def edited(path: str, old: str, new: str) -> Files:
    assert old in MOVED[path]
    return MOVED | {path: MOVED[path].replace(old, new)}


def test_a_move_by_the_table_is_no_difference(tmp_path: Path) -> None:
    check(tmp_path, OLD_FILES, TABLE, MOVED, [])


def test_a_table_that_was_carried_out_before_changes_nothing(tmp_path: Path) -> None:
    check(tmp_path, MOVED, TABLE, MOVED, [])


def test_a_module_may_become_a_package_of_its_own_name(tmp_path: Path) -> None:
    before = {"core/podium/journal.py": "X = 1\n", "core/podium/records.py": "Y = 1\n"}
    after = {
        "core/podium/journal/__init__.py": '"""Journal."""\n',
        "core/podium/journal/journal.py": "X = 1\n",
        "core/podium/journal/record.py": "Y = 1\n",
    }
    names = """
        [modules]
        "podium.journal" = "podium.journal.journal"
        "podium.records" = "podium.journal.record"
    """
    check(tmp_path, before, names, after, [])
    check(tmp_path, after, names, after, [])


def test_an_entry_may_begin_where_another_ends(tmp_path: Path) -> None:
    names = '[modules]\n"podium.a" = "podium.b"\n"podium.b" = "podium.c"\n'
    last = {"core/podium/c.py": "X = 1\n"}
    check(tmp_path, {"core/podium/a.py": "X = 1\n"}, names, last, [])
    check(tmp_path, {"core/podium/b.py": "X = 1\n"}, names, last, [])


DIRECTORY, OTHER, TEST = (
    "core/podium/agents/directory.py",
    "core/podium/room/other.py",
    "tests/agents/test_calls.py",
)
BEFORE = {
    DIRECTORY: "core/podium/room/calls.py",
    OTHER: OTHER,
    TEST: "tests/room/test_calls.py",
}

# What is changed after the move: file, text, its replacement; and what is said of it.
CHANGES: dict[str, tuple[str, str, str, str, str]] = {
    "a value": (
        DIRECTORY,
        "limit = 4",
        "limit = 5",
        "21 -> 16",
        "`opened` differs: '4' became '5'",
    ),
    "a text": (
        DIRECTORY,
        '"a", other',
        '"b", other',
        "18 -> 13",
        "`Folder` differs: 'a' became 'b'",
    ),
    "a docstring": (
        DIRECTORY,
        '"""A folder."""',
        '"""A directory."""',
        "14 -> 9",
        "`Folder` differs: 'A folder.' became 'A directory.'",
    ),
    "the module's docstring": (
        DIRECTORY,
        '"""Calls;',
        '"""Call;',
        "2 -> 2",
        (
            "its docstring differs: 'Calls; `Folder` is in `podium.room.calls`.'"
            " became 'Call; `Directory` is in\\n`podium.agents.directory`.'"
        ),
    ),
    "a parameter": (
        DIRECTORY,
        "other",
        "another",
        "16 -> 11",
        "`Folder` differs: 'other' became 'another'",
    ),
    "a default": (
        DIRECTORY,
        "fully: bool = False",
        "fully: bool",
        "16 -> 11",
        "`Folder` differs: 'False' became 'None'",
    ),
    "an argument": (
        DIRECTORY,
        "compress(None, ",
        "compress(",
        "22 -> 17",
        "`opened` differs: 'arguments: 1' became 'arguments: 0'",
    ),
    "an import of something else": (
        DIRECTORY,
        "import path",
        "import sep as path",
        "18 -> 13",
        "`Folder` differs: ':os.path.join' became ':os.sep.join'",
    ),
    "a name of the same spelling": (
        OTHER,
        "Directory())",
        "Other())",
        "9 -> 9",
        "`use` differs: 'podium.room.calls:Folder' became 'podium.room.other:Other'",
    ),
    "a statement less": (
        DIRECTORY,
        "            limit = 4\n",
        "",
        "20 -> 15",
        "`opened` differs: 'statements: 2' became 'statements: 1'",
    ),
    "a decorator": (
        OTHER,
        "class Other",
        "@final\n        class Other",
        "5 -> 6",
        "`Other` differs: 'decorators: 0' became 'decorators: 1'",
    ),
    "a function more": (
        OTHER,
        "class Other",
        "def new(): ...\n\n        class Other",
        "-> 5",
        "`new` is new",
    ),
    "a function less": (
        OTHER,
        "def use() -> str:\n            return opened(Directory())\n\n        ",
        "",
        "8 ->",
        "`use` is gone",
    ),
    "a patch of something else": (
        TEST,
        "bounds.MOST",
        "bounds.LEAST",
        "6 -> 6",
        ("`test_use` differs: 'podium.room.calls.LIMIT' became 'podium.agents.bounds.LEAST'"),
    ),
}


@pytest.mark.parametrize(("path", "old", "new", "lines", "what"), CHANGES.values(), ids=CHANGES)
def test_what_is_more_than_a_move_is_shown_with_both_places(
    tmp_path: Path, path: str, old: str, new: str, lines: str, what: str
) -> None:
    before, _, after = lines.partition("->")
    places = [
        f"{file}:{line.strip()}" if line.strip() else "(nothing)"
        for file, line in ((BEFORE[path], before), (path, after))
    ]
    check(tmp_path, OLD_FILES, TABLE, edited(path, old, new), [f"{' -> '.join(places)}: {what}"])


def test_an_order_that_changed_is_a_difference(tmp_path: Path) -> None:
    before = {"core/podium/a.py": "A = 1\nB = 2\n"}
    after = {"core/podium/a.py": "B = 2\nA = 1\n"}
    place = "core/podium/a.py"
    expected = f"{place}:2 -> {place}:1: `B` is in a different position"
    check(tmp_path, before, "", after, [expected])


def test_a_module_that_nothing_was_moved_into_is_new(tmp_path: Path) -> None:
    after = {"core/podium/a.py": '"""A."""\nA = 1\n', "core/podium/__init__.py": '"""P."""\n'}
    expected = "(nothing) -> core/podium/a.py:2: `A` new in a new module"
    check(tmp_path, {}, "", after, [expected])


def test_a_revision_is_compared_with_the_files_that_git_would_commit(
    tmp_path: Path, isolated_git: Path
) -> None:
    root = make_repository(
        tmp_path / "r",
        {"core/podium/a.py": b"A = 1\n", "tests/test_a.py": b"T = 1\n", "README.md": b"x"},
    )
    write_files(root, {"core/podium/a.py": b"A = 2\n", "scripts/b.py": b"B = 1\n"})
    found = differences(tree_at(root, "HEAD"), working_tree(root), read_names(tmp_path))
    assert [(each.product, str(each)) for each in found] == [
        (True, "core/podium/a.py:1 -> core/podium/a.py:1: `A` differs: '1' became '2'"),
        (False, "(nothing) -> scripts/b.py:1: `B` new in a new module"),
    ]


BAD_TABLES = {
    "a section that does not exist": ("[names]\na = 'b'\n", "there is no section [names]"),
    "a key that stands twice": ("[identifiers]\na = 'b'\na = 'c'\n", "a.toml: Cannot overwrite"),
    "a key of another file": ("[identifiers]\nx = 'z'\n", "x has another entry"),
    "a symbol without its module": ("[symbols]\nX = 'a:Y'\n", "X = 'a:Y' is malformed"),
    "a path for a module": ("[modules]\n'a/b' = 'a.c'\n", "a/b = 'a.c' is malformed"),
    "a name that stays": ("[modules]\n'a.b' = 'a.b'\n", "a.b is renamed to itself"),
}


@pytest.mark.parametrize(("text", "problem"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_table_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "b.toml").write_text("[identifiers]\nx = 'y'\n")
    with pytest.raises(TableError) as raised:
        table(tmp_path, text)
    assert problem in str(raised.value)


def test_the_table_of_the_repository_can_be_read() -> None:
    assert read_names()
