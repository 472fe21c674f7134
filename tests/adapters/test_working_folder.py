"""Which paths an agent may read and write."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium.errors import PathOutsideWorkspace
from podium_adapters.working_folder import readable_path, writable_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    work = tmp_path / "work"
    (work / "src").mkdir(parents=True)
    (work / "src" / "a.py").write_text("a")
    (work / "out").symlink_to("../outside")
    (work / "within").symlink_to("src")
    (work / "file-out").symlink_to(tmp_path / "outside" / "file")
    (work / "loop").symlink_to("loop")
    (work / "git").symlink_to(".git")
    (work / ".git").mkdir()
    return work


INSIDE = ["src/a.py", "new/deep/b.py", "./src/../c.py", "within/a.py", "{work}/src/a.py"]
OUTSIDE = [
    "../outside/x",
    "out/x",
    "file-out",
    "loop/x",
    "/etc/passwd",
    "{work}/../outside/x",
    "src/../../outside/x",
    "nul\0",
]
LONG = "x" * 5000
NOT_TO_WRITE = [
    ".git/config",
    "src/.git/hooks/x",
    ".podium/plan.json",
    "git/config",
    ".GIT/x",
    ".",
    "x" * 5000,
]


@pytest.mark.promise("X1.paths")
@pytest.mark.parametrize("judge", [readable_path, writable_path])
@pytest.mark.parametrize("text", INSIDE)
def test_what_lies_inside_is_allowed(
    folder: Path, judge: Callable[[Path, str], Path], text: str
) -> None:
    assert judge(folder, text.format(work=folder)).is_relative_to(folder)


@pytest.mark.promise("X1.paths", "X1.links")
@pytest.mark.parametrize("judge", [readable_path, writable_path])
@pytest.mark.parametrize("text", OUTSIDE)
def test_what_leads_outside_is_refused(
    folder: Path, judge: Callable[[Path, str], Path], text: str
) -> None:
    with pytest.raises(PathOutsideWorkspace):
        judge(folder, text.format(work=folder))


@pytest.mark.promise("X1.paths")
@pytest.mark.parametrize("text", NOT_TO_WRITE)
def test_gits_and_podiums_own_files_are_not_written(folder: Path, text: str) -> None:
    with pytest.raises(PathOutsideWorkspace):
        writable_path(folder, text)


@pytest.mark.promise("X1.paths", "X1.links")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.sampled_from(["..", ".", "src", "out", "within", "x", "", "~"]), max_size=6)
)
def test_whatever_is_allowed_is_really_inside(folder: Path, parts: list[str]) -> None:
    try:
        path = readable_path(folder, "/".join(parts).lstrip("/"))
    except PathOutsideWorkspace:
        return
    assert os.path.realpath(path) == str(path)
    assert path.is_relative_to(folder.resolve())
