"""A link in `.podium` that arrived with a clone leads nothing out of the project."""

import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from podium.agents.call_directory import CallDirectory, CallResult, FileSink, ShimStart
from podium.app.crash_log import write_crash
from podium.app.runner_start import last_log_line, start_runner
from podium.errors import NotApproved, PathOutsideWorkspace
from podium.model.agents import AgentReply, AgentRequest, Outcome, Role
from podium.model.config import Config
from podium.platform.owned_files import make_folders, open_file, opened_parent, read_file
from podium.platform.process.processes import ProcessMark, start_detached
from podium.projects.trust import trust
from podium.runs.runner_lock import runner_is_alive, runner_pid, take_runner_lock
from tests.e2e.test_hostile_repository import cloned
from tests.support.commands import podium
from tests.support.projects import Project, task, write

PATHS = (
    ".gitattributes",
    ".gitignore",
    "config.yaml",
    "editor.yaml",
    "findings",
    "plans",
    "plans/{plan}/approval.json",
    "plans/{plan}/plan.json",
    "plans/{plan}/status",
    "plans/{plan}/tasks",
    "plans/{plan}/tasks/one.json",
    "run",
    "run/archive",
    "run/calls",
    "run/checkpoint.json",
    "run/checkpoint.json.tmp~1",
    "run/checkpoint.lock",
    "run/head",
    "run/journal",
    "run/lock",
    "run/logs",
    "run/logs/runner.log",
    "run/published",
    "run/quarantine",
    "run/runner.lock",
    "run/snapshots",
    "run/views",
    "runs",
    "sessions",
    "store.json",
)
"""Every file and folder below `.podium` that has a fixed name, and one of each kind of document."""


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Give a folder outside of the project with a file that is not empty."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "file").write_text("mine\n")
    return folder


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*")}


def plant(link: Path, target: Path) -> None:
    """Put a link in the place of a file or folder."""
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


@pytest.mark.promise("X1.own-files")
@pytest.mark.parametrize("target", ["file", "folder", "nothing"])
@pytest.mark.parametrize("path", PATHS)
def test_a_link_is_refused_by_name(project: Project, outside: Path, path: str, target: str) -> None:
    plan = project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]})
    project.close()
    link = project.root / ".podium" / path.format(plan=plan)
    places = {"file": outside / "file", "folder": outside, "nothing": outside / "new"}
    plant(link, places[target])
    before = content_of(outside)

    shown = podium(project.root, "show", plan)
    ran = podium(project.root, "run", plan)
    listed = podium(project.root, "tasks")

    assert content_of(outside) == before
    for done in (shown, ran, listed):
        assert done.returncode == 2
        assert f"rm {shlex.quote(str(link))}" in re.sub(r"\s+", " ", done.stderr)


@pytest.mark.promise("X1.own-files")
@pytest.mark.parametrize("target", ["file", "folder", "nothing"])
@pytest.mark.parametrize(
    "path",
    [".", ".gitattributes", ".gitignore", "config.yaml", "run", "run/lock", "run/journal", "plans"],
)
def test_a_project_is_not_made_through_a_link(
    project: Project, outside: Path, path: str, target: str
) -> None:
    project.close()
    store = project.root / ".podium"
    shutil.rmtree(store)
    places = {"file": outside / "file", "folder": outside, "nothing": outside / "new"}
    plant(store / path, places[target])
    done = podium(project.root, "init", "--merge-driver")
    assert content_of(outside) == {"file": b"mine\n"}
    assert done.returncode == 2
    assert str(store / path) in re.sub(r"\s+", " ", done.stderr)


ANY_REPLY = AgentReply(outcome=Outcome.COMPLETED)
REQUEST = AgentRequest(
    key="r-1/one/1/execute", agent="playbook", role=Role.EXECUTOR, folder="/nowhere", prompt="x"
)

CALL_FILES: dict[str, Callable[[CallDirectory], Any]] = {
    "lock": CallDirectory.try_lock,
    "request.json": CallDirectory.request,
    "result.json": CallDirectory.result,
    "start.json": CallDirectory.start,
    "tries.json": CallDirectory.count_try,
    "cancel": CallDirectory.cancel_reason,
    "out.jsonl": lambda call: FileSink(call.output),
    "scratch": lambda call: make_folders(call.scratch / "tmp"),
    "shim.log": lambda call: start_detached(["true"], call.path, call.path / "shim.log"),
}


@pytest.mark.promise("X1.own-files")
@pytest.mark.parametrize("target", ["file", "folder", "nothing"])
@pytest.mark.parametrize("name", CALL_FILES)
def test_a_link_in_a_calls_folder_is_refused(
    tmp_path: Path, outside: Path, name: str, target: str
) -> None:
    call = CallDirectory(tmp_path / ".podium/run/calls/r-1/one/1/execute")
    call.prepare(REQUEST)
    places = {"file": outside / "file", "folder": outside, "nothing": outside / "new"}
    plant(call.path / name, places[target])
    with pytest.raises(PathOutsideWorkspace, match=f"/execute/{re.escape(name)} is a symlink"):
        CALL_FILES[name](call)
    assert content_of(outside) == {"file": b"mine\n"}


CALL_ACTS: tuple[Callable[[CallDirectory], Any], ...] = (
    lambda call: call.prepare(REQUEST),
    lambda call: call.finish(CallResult(reply=ANY_REPLY, started_at=0, ended_at=1)),
    lambda call: call.record_start(ShimStart(shim=ProcessMark(pid=1, started_at=0), started_at=0)),
    lambda call: call.request_cancel("x"),
    *CALL_FILES.values(),
)


@pytest.mark.promise("X1.own-files")
@pytest.mark.parametrize("at", ["calls", "calls/r-1", "calls/r-1/one", "calls/r-1/one/1/execute"])
@pytest.mark.parametrize("act", CALL_ACTS)
def test_a_link_above_a_calls_folder_is_refused(
    tmp_path: Path, outside: Path, at: str, act: Callable[[CallDirectory], Any]
) -> None:
    run = tmp_path / ".podium/run"
    link = run / at
    plant(link, outside)
    (outside / (run / "calls/r-1/one/1/execute").relative_to(link)).mkdir(
        parents=True, exist_ok=True
    )
    with pytest.raises(PathOutsideWorkspace, match=f"/{at} is a symlink"):
        act(CallDirectory(run / "calls/r-1/one/1/execute"))
    assert [each for each in outside.rglob("*") if each.is_file()] == [outside / "file"]


@pytest.mark.promise("X1.own-files")
@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("run/runner.lock", take_runner_lock),
        ("run/runner.lock", runner_is_alive),
        ("run/runner.lock", runner_pid),
        ("run", take_runner_lock),
        ("run/logs/runner.log", start_runner),
        ("run/logs/runner.log", last_log_line),
        ("run/logs", start_runner),
        ("run", start_runner),
    ],
)
@pytest.mark.parametrize("target", ["file", "."])
def test_a_link_in_the_place_of_the_runners_files_is_refused(
    tmp_path: Path, outside: Path, path: str, act: Callable[[Path], Any], target: str
) -> None:
    root = tmp_path / "app"
    plant(root / ".podium" / path, outside / target)
    with pytest.raises(PathOutsideWorkspace, match=f"{path} is a symlink"):
        act(root)
    assert content_of(outside) == {"file": b"mine\n"}


@pytest.mark.promise("X1.own-files")
def test_a_linked_state_folder_is_the_users_and_a_link_in_it_is_refused(
    project: Project, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    (disk / "podium").mkdir(parents=True)
    (tmp_path / "state").symlink_to(disk)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    trust(project.root, Config())
    assert (disk / "podium" / "trusted.json").exists()

    (disk / "podium" / "crashes.log").symlink_to(outside / "file")
    (disk / "podium" / "seal.key").symlink_to(outside / "new")
    with pytest.raises(PathOutsideWorkspace, match=r"crashes\.log is a symlink"):
        write_crash(ValueError(), "test")
    with pytest.raises(PathOutsideWorkspace, match=r"seal\.key is a symlink"):
        project.plan([task("one")], {})
    assert content_of(outside) == {"file": b"mine\n"}


@pytest.mark.promise("X1.own-files")
def test_a_root_is_followed_and_nothing_below_it(tmp_path: Path, outside: Path) -> None:
    (tmp_path / "root").symlink_to(outside)
    root = tmp_path / "root"
    assert read_file(root / "file", root=root) == b"mine\n"
    (outside / "inner").symlink_to(outside)
    for path in (root / "inner", root / "inner" / "file", root / "inner" / "new" / "file"):
        with pytest.raises(PathOutsideWorkspace, match="inner is a symlink"):
            open_file(path, os.O_RDWR | os.O_CREAT, root=root)
        with pytest.raises(PathOutsideWorkspace, match="inner is a symlink"):
            make_folders(path, root=root)
    with pytest.raises(ValueError, match="is not in"), opened_parent(outside / "file", root=root):
        pass
    with pytest.raises(ValueError, match="plain"):
        read_file(root / ".." / "outside" / "file", root=root)


@pytest.mark.promise("X5")
@pytest.mark.parametrize("operation", ["run.resume", "run.pause", "run.cancel"])
def test_a_run_that_came_with_a_clone_is_neither_continued_nor_paused_nor_cancelled(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    plan = project.plan([task("one")], {"one": [[{"hang": True}]]})
    run = project.ask("run.start", plan=plan).run_id
    clone = cloned(project, tmp_path)
    project.ask("run.cancel", run=run)
    project.wait_run(run, lambda now: now.ended)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another-user"))

    with pytest.raises(NotApproved, match="not started on this machine"):
        clone.ask(operation, run=run)
    assert not (clone.root / ".podium" / "runs" / run / "intent.json").exists()
    clone.close()
