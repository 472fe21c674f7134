"""Every test that was there before the moves is there still, under the name that the table says.

`moved.json` maps what was renamed: `files` a file, or a folder that ends in `/`, to the new one;
`ids` maps one test, with or without its parameters, to its new id.
"""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from tests.conftest import COLLECTED
from tests.support.goldens import ROOT

BEFORE = ROOT / "tests" / "data" / "collected-7f6128c.txt.gz"
TABLE = ROOT / "tests" / "moved.json"


@dataclass(frozen=True)
class Moves:
    """The table of tests that moved.

    Args:
        files: file or folder to the new one.
        ids: id, with or without parameters, to the new one.
    """

    files: dict[str, str]
    ids: dict[str, str]

    def after(self, test: str) -> str:
        """Return what a test is called now."""
        path, _, name = test.partition("::")
        whole, bracket, parameters = test.partition("[")
        if test in self.ids:
            return self.ids[test]
        if whole in self.ids:
            return f"{self.ids[whole]}{bracket}{parameters}"
        return f"{self._file(path)}::{name}"

    def _file(self, path: str) -> str:
        matching = [each for each in self.files if each == path or _is_below(path, each)]
        longest = max(matching, key=len, default="")
        return self.files.get(longest, "") + path.removeprefix(longest)


def _is_below(path: str, folder: str) -> bool:
    return folder.endswith("/") and path.startswith(folder)


def lost(before: Iterable[str], moves: Moves, now: Iterable[str]) -> list[str]:
    """Return the tests of before that are not there now, as `old -> new`."""
    there = set(now)
    return [f"{each} -> {after}" for each in before if (after := moves.after(each)) not in there]


def unused(before: Iterable[str], moves: Moves) -> list[str]:
    """Return the entries of the table that map no test of before."""
    tests = set(before)
    paths = {each.partition("::")[0] for each in tests}
    known = tests | {each.partition("[")[0] for each in tests}
    return [each for each in moves.ids if each not in known] + [
        each
        for each in moves.files
        if each not in paths and not any(_is_below(path, each) for path in paths)
    ]


def ids_before() -> list[str]:
    return gzip.decompress(BEFORE.read_bytes()).decode().splitlines()


def the_table() -> Moves:
    return Moves(**json.loads(TABLE.read_text("utf-8")))


def collected(config: pytest.Config) -> list[str]:
    """Return all tests: those of this session when it looked everywhere, else by collecting."""
    if config.args == ["tests"]:
        return config.stash[COLLECTED]
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests"]
    done = subprocess.run(
        collect, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_no_test_of_before_is_lost(request: pytest.FixtureRequest) -> None:
    before = ids_before()
    assert len(before) > 3700
    assert not "\n".join(lost(before, the_table(), collected(request.config)))


def test_every_entry_of_the_table_maps_a_test() -> None:
    assert not unused(ids_before(), the_table())


MOVES = Moves(
    files={"t/a.py": "u/b.py", "t/deep/": "u/", "t/deep/own/": "v/"},
    ids={"t/a.py::test_x": "w.py::test_y", "t/a.py::test_z[1]": "w.py::test_z[one]"},
)

# A test before the move, and after.
MOVED = {
    "t/a.py::test_w": "u/b.py::test_w",
    "t/a.py::test_w[a::b]": "u/b.py::test_w[a::b]",
    "t/a.py::test_x": "w.py::test_y",
    "t/a.py::test_x[1-2]": "w.py::test_y[1-2]",
    "t/a.py::test_z[1]": "w.py::test_z[one]",
    "t/a.py::test_z[2]": "u/b.py::test_z[2]",
    "t/deep/c.py::test_v": "u/c.py::test_v",
    "t/deep/own/d.py::test_v": "v/d.py::test_v",
    "t/other.py::test_v": "t/other.py::test_v",
}


@pytest.mark.parametrize(("before", "after"), MOVED.items())
def test_a_test_is_found_under_its_new_name(before: str, after: str) -> None:
    assert MOVES.after(before) == after
    assert lost([before], MOVES, [after]) == []
    assert lost([before], MOVES, []) == [f"{before} -> {after}"]


def test_an_entry_that_maps_nothing_is_found() -> None:
    assert unused(MOVED, MOVES) == []
    assert unused(["t/a.py::test_z[1]"], MOVES) == ["t/a.py::test_x", "t/deep/", "t/deep/own/"]
