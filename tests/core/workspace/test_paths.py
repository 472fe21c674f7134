"""No accepted path ever leads out of the workspace."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from podium.errors import PathOutsideWorkspace
from podium.model.paths import path_problem
from podium.workspace.paths import check_relative_path, escaping_links, resolve_inside
from tests.support.repositories import write_files

pytestmark = pytest.mark.promise("X1.paths", "X1.links")

ACCEPTED = {
    "a.txt": "a.txt",
    "src/a.py": "src/a.py",
    "./a.txt": "a.txt",
    "a//b/./c": "a/b/c",
    "folder/": "folder",
    "with space.txt": "with space.txt",
    "ünï/☂/日本": "ünï/☂/日本",
    "👩‍👩‍👧": "👩‍👩‍👧",
    "-dash": "-dash",
    "--option=x": "--option=x",
    ".gitignore": ".gitignore",
    ".github/workflows/ci.yml": ".github/workflows/ci.yml",
    ".git-blame": ".git-blame",
    "a.git/x": "a.git/x",
    "podium/x": "podium/x",
    "git~": "git~",
    "..a": "..a",
    "a..b": "a..b",
    "~file": "~file",
    "a/~": "a/~",
    "$HOME": "$HOME",
    "*": "*",
    "a" * 255: "a" * 255,
}

REFUSED = {
    "": "empty",
    "   ": "empty",
    ".": "the project folder itself",
    "./": "the project folder itself",
    "/etc/passwd": "absolute",
    "//host/share": "absolute",
    "C:/Windows": "drive letter",
    "c:a.txt": "drive letter",
    "..": "parent folder",
    "../a": "parent folder",
    "a/../../b": "parent folder",
    "a/../b": "parent folder",
    "a/..": "parent folder",
    "..\\a": "backslash",
    "a\\..\\..\\b": "backslash",
    "src\\a.py": "backslash",
    "\\\\host\\share": "backslash",
    "~": "home folder",
    "~/.ssh/config": "home folder",
    "a\0b": "control characters",
    "a\nb": "control characters",
    "a\x1b[0m": "control characters",
    "a\x7f": "control characters",
    "a\x85b": "control characters",
    "a\u2028b": "control characters",
    "a\udcffb": "control characters",
    ".git": ".git belongs",
    ".git/config": ".git belongs",
    "a/.git/hooks/pre-commit": ".git belongs",
    ".GIT/config": ".git belongs",
    ".Git": ".git belongs",
    ".g\u200cit/config": ".git belongs",
    "\ufeff.git": ".git belongs",
    ".git::$INDEX_ALLOCATION/x": ".git belongs",
    "git~1/config": ".git belongs",
    "GIT~1": ".git belongs",
    "\uff0egit": ".git belongs",
    ".podium/plans": ".podium belongs",
    "a/.PODIUM/x": ".podium belongs",
    ".git./config": "ends with a dot",
    ".git /config": "ends with a space",
    "... /a": "ends with a space",
    ".../a": "ends with a dot",
    "a./b": "ends with a dot",
    " a": "begins or ends with a space",
    "a/\u00a0b": "begins or ends with a space",
    "a" * 256: "longer than 255 bytes",
    "/".join(["ab"] * 400): "longer than 1024 bytes",
}


@pytest.mark.parametrize(("text", "expected"), ACCEPTED.items())
def test_a_path_in_the_project_is_accepted_and_normalised(text: str, expected: str) -> None:
    assert path_problem(text) is None
    assert check_relative_path(text) == expected


@pytest.mark.parametrize(("text", "problem"), REFUSED.items())
def test_any_other_path_is_refused_with_the_reason(text: str, problem: str, tmp_path: Path) -> None:
    assert problem in (path_problem(text) or "")
    with pytest.raises(PathOutsideWorkspace) as caught:
        check_relative_path(text)
    assert problem in caught.value.why
    with pytest.raises(PathOutsideWorkspace):
        resolve_inside(tmp_path, text)


PARTS = [
    *("a", "b", "out", "up", "in", "loop", "file-out", "git-link", "deep", "new"),
    *("..", ".", "", "~", ".git", ".GIT", ".podium", "..\\", "C:", "x y", "ü", "...", "\0", " "),
]
SHAPED = strategies.lists(strategies.sampled_from(PARTS), max_size=6).map("/".join)
ABSOLUTE = SHAPED.map("/{}".format)


@pytest.fixture(scope="module")
def workspace() -> Iterator[Path]:
    """A workspace with links of every kind in it, and something outside worth protecting."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder)) / "root"
        outside = root.parent / "outside"
        outside.mkdir()
        files = {"a/b/new": "", "b": "", "deep/a/b/in": "", ".git/config": "", ".podium/x": ""}
        write_files(root, files)
        for name, target in {
            "out": str(outside),
            "up": "..",
            "in": "a/b",
            "loop": "loop",
            "file-out": "../outside/secret",
            "git-link": ".git",
            "deep/out": "../../outside",
            "a/b/up": "../../..",
            "a/in": "../deep/a",
        }.items():
            (root / name).symlink_to(target)
        yield root


@hypothesis.settings(max_examples=600)
@hypothesis.given(text=strategies.one_of(SHAPED, ABSOLUTE, strategies.text(max_size=12)))
def test_no_accepted_path_ever_leads_out(workspace: Path, text: str) -> None:
    try:
        accepted = resolve_inside(workspace, text)
    except PathOutsideWorkspace:
        return
    assert accepted == Path(os.path.realpath(workspace / text))
    parts = accepted.relative_to(workspace).parts
    assert parts
    assert not {".git", ".podium"} & {part.casefold() for part in parts}


@hypothesis.given(text=strategies.one_of(SHAPED, strategies.text(max_size=30)))
def test_what_is_accepted_is_accepted_again_as_it_was_normalised(text: str) -> None:
    try:
        normalised = check_relative_path(text)
    except PathOutsideWorkspace:
        return
    assert check_relative_path(normalised) == normalised
    assert os.path.normpath(text) == normalised


def test_a_path_through_links_inside_leads_to_the_real_file(workspace: Path) -> None:
    assert resolve_inside(workspace, "in/new") == workspace / "a/b/new"
    assert resolve_inside(workspace, "a/in/b/in") == workspace / "deep/a/b/in"
    assert resolve_inside(workspace, "not/yet/there") == workspace / "not/yet/there"


@pytest.mark.parametrize(
    "path", ["out/x", "up/outside", "file-out", "git-link/config", "a/b/up/x", "loop", "loop/x"]
)
def test_a_path_through_a_link_that_leads_out_is_refused(workspace: Path, path: str) -> None:
    with pytest.raises(PathOutsideWorkspace, match="a symlink in it points outside the project"):
        resolve_inside(workspace, path)


def test_the_workspace_itself_may_lie_behind_a_link(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(workspace)

    assert resolve_inside(tmp_path / "link", "b") == workspace / "b"


def test_links_that_lead_out_are_found_among_files(workspace: Path) -> None:
    (workspace / "absolute").symlink_to(workspace / "b")
    (workspace / "to-root").symlink_to("a/..")
    files = ["out", "up", "in", "loop", "file-out", "git-link", "deep/out", "a/b/up", "a/in"]

    found = escaping_links(workspace, [*files, "b", "nothing", "absolute", "to-root"])

    assert set(found) == {
        *("out", "up", "loop", "file-out", "git-link", "deep/out", "a/b/up", "absolute")
    }
