"""Every name of a module or file that is in a string, a comment or a page leads somewhere."""

import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import pytest
from scripts.code_tree import CodeTree, Module, working_tree

from podium.operations.table import OPERATION_IDS
from tests.support.goldens import ROOT
from tests.support.mentions import (
    DOTTED,
    OWN_PATH,
    SOURCE_FILE,
    STARTED,
    Mention,
    in_page,
    in_prose,
    in_strings,
    resolves,
)

# Dotted name to the reason why it is no module, though it looks like one.
NO_MODULES = {
    "podium.__file__": "an attribute of every module",
    "podium.__file__.startswith": "an attribute of every module",
    "podium.session_types": "a group of entry points that only other packages use",
    "podium.auditors": "a group of entry points that only other packages use",
    "podium.dispatchers": "a group of entry points that only other packages use",
    "podium.plan_exporters": "a group of entry points that only other packages use",
    "podium.finding_exporters": "a group of entry points that only other packages use",
    "podium.report_readers": "a group of entry points that only other packages use",
    "podium.edit": "a kind of code action",
    "podium.finding.verify": "a command of the language server",
    "podium.missing": "a command of the language server",
    "podium.open": "a command of the language server",
    "podium.status": "a command of the language server",
    "podium.tree": "a command of the language server",
    "podium.lock": "a file in the repository's git folder",
    "podium.sharedStore": "a setting of git",
    "podium.operations.noun.verb": "says how modules of operations are named",
    "podium.plans.focus": "a command that VS Code makes for the view",
    "podium.no.such": "a command that does not exist, on purpose",
    "podium.nosuch": "a command that does not exist, on purpose",
    "podium.example": "a name of a host",
    "podium.example.org": "a name of a host",
    "podium.py": "a file of an attacker",
    "podium.sarif": "a file that a command writes",
    "podium.txt": "a help page of Neovim",
    "podium_lsp.x": "a logger of a test",
}

# Path, in prose, to the reason why there is no such file.
NO_FILES = {
    "a.py": "a sample",
    "app.py": "a sample",
    "cli.py": "a sample",
    "greet.py": "a sample",
    "test_greet.py": "a sample",
    "tests/test_list.py": "a sample",
    "tests/test_parser.py": "a sample",
    "todo/__main__.py": "a sample",
    "todo/items.py": "a sample",
    "src/a.py": "a sample",
    "tests/test_a.py": "a sample",
    "editors/vscode/dist": "made by the build",
    "editors/vscode/node_modules": "made by npm",
    "tests/core/store/test_faults": "the beginning of two names",
}

# Modules that consist of samples of other trees, and the folder that a move fills.
SAMPLES = ("tests.scripts.", "tests.test_names", "tests.test_tidy")
TABLES = {"scripts/names"}


@cache
def tree_and_modules() -> tuple[CodeTree, list[Module]]:
    """Return the tree, and the modules whose mentions count."""
    tree = working_tree(ROOT)
    return tree, [each for each in tree.modules.values() if not each.name.startswith(SAMPLES)]


@cache
def texts() -> dict[str, str]:
    """Return every path of the project; with its text when it is a page or settings."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted(each for each in {*names.split("\0")} if (ROOT / each).is_file())
    return {each: (ROOT / each).read_text("utf-8") if _is_page(each) else "" for each in paths}


def _is_page(path: str) -> bool:
    settings = path in ("Makefile", "pyproject.toml", ".ci/run")
    page = path.endswith(".md") and ("/" not in path or path.startswith("docs/"))
    return settings or (page and path != "CHANGELOG.md")


def pages() -> dict[str, str]:
    return {path: text for path, text in texts().items() if text}


def ends_of_paths(paths: Iterable[str]) -> set[str]:
    """Return all files, each with every shorter way to write its end, and all folders."""
    found = set[str]()
    for path in paths:
        parts = path.split("/")
        found.update("/".join(parts[start:]) for start in range(len(parts)))
        found.update("/".join(parts[:end]) for end in range(1, len(parts)))
    return found


def known_to_others() -> set[str]:
    """Return the dotted names by which editors and packages know Podium's commands and groups."""
    manifest = (ROOT / "editors" / "vscode" / "package.json").read_text("utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {
        *(f"podium.{each}" for each in OPERATION_IDS),
        *re.findall(r"podium(?:\.\w+)+", manifest),
        *settings["project"]["entry-points"],
    }


def dotted_mentions(modules: Iterable[Module], pages: dict[str, str]) -> Iterator[Mention]:
    for module in modules:
        yield from in_strings(module, DOTTED)
    for path, text in pages.items():
        yield from in_page(path, text, DOTTED)
        yield from in_page(path, text, STARTED)


def path_mentions(modules: Iterable[Module], pages: dict[str, str]) -> Iterator[Mention]:
    for pattern in (SOURCE_FILE, OWN_PATH):
        for module in modules:
            yield from in_prose(module, pattern)
        for path, text in pages.items():
            yield from in_page(path, text, pattern)


def lost_names(tree: CodeTree, mentions: Iterable[Mention], known: set[str]) -> list[Mention]:
    return [each for each in mentions if each.text not in known and not resolves(tree, each.text)]


def lost_paths(paths: Iterable[str], mentions: Iterable[Mention]) -> list[Mention]:
    ends = ends_of_paths(paths) | TABLES
    return [each for each in mentions if re.sub(r"^(\.\./)+", "", each.text) not in ends]


# Found by the first test that asks, not by every process that only collects the tests.
@cache
def all_lost_names() -> list[Mention]:
    tree, modules = tree_and_modules()
    return lost_names(tree, dotted_mentions(modules, pages()), known_to_others())


@cache
def all_lost_paths() -> list[Mention]:
    _, modules = tree_and_modules()
    return lost_paths(texts(), path_mentions(modules, pages()))


Find = Callable[[], list[Mention]]
SEARCHES = [(all_lost_names, NO_MODULES), (all_lost_paths, NO_FILES)]


@pytest.mark.parametrize(("find", "excused"), SEARCHES, ids=["names", "paths"])
def test_a_mention_of_a_module_or_file_leads_to_one(find: Find, excused: dict[str, str]) -> None:
    wrong = [f"{each.place}: {each.text}" for each in find() if each.text not in excused]
    assert not "\n".join(wrong)


@pytest.mark.parametrize(("find", "excused"), SEARCHES, ids=["names", "paths"])
def test_an_exception_that_no_mention_needs_is_gone(find: Find, excused: dict[str, str]) -> None:
    assert not set(excused) - {each.text for each in find()}


SAMPLE = {
    "core/podium/__init__.py": "",
    "core/podium/room/__init__.py": "from podium.room.calls import run",
    "core/podium/room/calls.py": "class Calls:\n    def stop(self): ...\ndef run(): ...",
}

# A statement to the names in it that lead nowhere.
NAMES: dict[str, list[str]] = {
    "x = 'podium.room.calls'": [],
    "x = 'podium.room.calls:run'": [],
    "x = 'see podium.room.run.'": [],
    "x = 'podium.room.calls.Calls.stop'": [],
    "x = 'podium.room.calls.Calls.start'": ["podium.room.calls.Calls.start"],
    "x = 'podium.rooms.calls'": ["podium.rooms.calls"],
    "x = 'podium.room.calls:go'": ["podium.room.calls:go"],
    'def f():\n    """See `podium.room.calling`."""': ["podium.room.calling"],
    "x = 'podium.known'": [],
    "x = 'not.podium.room.x, x/podium.y'": [],
}


@pytest.mark.parametrize(("text", "expected"), NAMES.items())
def test_a_name_that_leads_nowhere_is_found(text: str, expected: list[str]) -> None:
    tree = CodeTree(SAMPLE | {"core/podium/text.py": text})
    mentions = dotted_mentions([tree.modules["podium.text"]], {})
    assert [each.text for each in lost_names(tree, mentions, {"podium.known"})] == expected


# A comment to the paths in it that lead nowhere; the same in a page.
PATHS: dict[str, list[str]] = {
    "see `room/calls.py`": [],
    "see core/podium/room/ and calls.py": [],
    "see room/calling.py": ["room/calling.py"],
    "see `core/podium/rooms`": ["core/podium/rooms"],
    "run `**/x.py`, {a}/b.py": [],
}


@pytest.mark.parametrize(("text", "expected"), PATHS.items())
def test_a_path_that_leads_nowhere_is_found(text: str, expected: list[str]) -> None:
    tree = CodeTree(SAMPLE | {"core/podium/text.py": f"# {text}\n"})
    module = tree.modules["podium.text"]
    for mentions in (path_mentions([module], {}), path_mentions([], {"README.md": text})):
        assert [each.text for each in lost_paths(SAMPLE, mentions)] == expected
