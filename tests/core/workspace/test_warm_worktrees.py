"""Worktrees that are given out again: nothing of the former task is in them."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium.workspace import worktrees
from podium.workspace.plumbing import settings as settings_module
from podium.workspace.plumbing.git import Git
from podium.workspace.repository import Repository
from podium.workspace.warm import administration, ready_state
from podium.workspace.warm import pool as pool_module
from podium.workspace.warm.pool import Taken, WorktreePool
from podium.workspace.warm.pool_folder import PoolFolder
from tests.support.repositories import commit_files, git, make_repository

FILES = {
    "a.txt": "a\n",
    "b.txt": "b\n",
    "src/c.py": "c = 1\n",
    "src/deep/d.py": "d = 1\n",
    "run.sh": "#!/bin/sh\n",
    ".gitignore": "*.log\nbuild/\ncache/\n",
}
BRANCHES = [f"podium/p-1/t{number}" for number in range(9)]

Mess = Callable[[Path], object]


def _write(path: Path, text: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_text(text)


def _git_dir(top: Path) -> Path:
    return Path(git(top, "rev-parse", "--absolute-git-dir"))


def _hidden_change(top: Path, flag: str) -> None:
    git(top, "update-index", flag, "a.txt")
    (top / "a.txt").write_text("hidden\n")


def _same_size_and_time(top: Path) -> None:
    times = (top / "a.txt").stat()
    (top / "a.txt").write_text("A\n")
    os.utime(top / "a.txt", ns=(times.st_atime_ns, times.st_mtime_ns))


def _sparse(top: Path) -> None:
    _write(_git_dir(top) / "info" / "sparse-checkout", "/src/\n")
    _write(_git_dir(top) / "config.worktree", "[core]\n\tsparseCheckout = true\n")


def _merging(top: Path) -> None:
    (_git_dir(top) / "MERGE_HEAD").write_text(git(top, "rev-parse", "HEAD") + "\n")
    (_git_dir(top) / "MERGE_MSG").write_text("half\n")


def _link_for_folder(top: Path) -> None:
    shutil.rmtree(top / "src")
    (top / "src").symlink_to(top.parent)


def _folder_for_file(top: Path) -> None:
    (top / "b.txt").unlink()
    _write(top / "b.txt" / "inner.txt", "x\n")


def _nested(top: Path) -> None:
    make_repository(top / "vendor", {"v.txt": "v\n"})


def _read_only(top: Path) -> None:
    _write(top / "build" / "locked" / "x", "x\n")
    (top / "build" / "locked").chmod(0o500)


def _commit(top: Path) -> None:
    commit_files(top, {"committed.txt": "mine\n", "a.txt": "mine\n"})


def _other_branch(top: Path) -> None:
    git(top, "checkout", "--quiet", "--detach")


MESSES: dict[str, Mess] = {
    "untracked": lambda top: _write(top / "new" / "file.txt", "new\n"),
    "ignored": lambda top: _write(top / "build" / "out.log", "out\n"),
    "changed": lambda top: _write(top / "a.txt", "changed\n"),
    "same size and time": _same_size_and_time,
    "deleted": lambda top: (top / "src" / "c.py").unlink(missing_ok=True),
    "mode": lambda top: (top / "b.txt").chmod(0o777),
    "unreadable": lambda top: (top / "run.sh").chmod(0o000),
    "folder mode": lambda top: (top / "src").chmod(0o700),
    "staged": lambda top: (_write(top / "staged.txt", "s\n"), git(top, "add", "staged.txt")),
    "assume unchanged": lambda top: _hidden_change(top, "--assume-unchanged"),
    "skip worktree": lambda top: _hidden_change(top, "--skip-worktree"),
    "sparse": _sparse,
    "merging": _merging,
    "hooks": lambda top: _write(_git_dir(top) / "hooks" / "post-checkout", "#!/bin/sh\n"),
    "modules": lambda top: _write(_git_dir(top) / "modules" / "x" / "config", "[core]\n"),
    "exclude": lambda top: _write(_git_dir(top) / "info" / "exclude", "*\n"),
    "worktree refs": lambda top: git(top, "update-ref", "refs/worktree/x", "HEAD"),
    "index lock": lambda top: _write(_git_dir(top) / "index.lock", ""),
    "broken index": lambda top: _write(_git_dir(top) / "index", "nothing"),
    "link for a folder": _link_for_folder,
    "folder for a file": _folder_for_file,
    "nested repository": _nested,
    "read-only folder": _read_only,
    "commit": _commit,
    "detached": _other_branch,
    "hard link": lambda top: os.link(top / "run.sh", top / "again.sh"),
    "fifo": lambda top: os.mkfifo(top / "pipe"),
    "link away": lambda top: (top / "away").symlink_to("/"),
    "git link replaced": lambda top: (top / ".git").write_text("gitdir: /nowhere\n"),
}


def _commit_attributes(root: Path) -> None:
    commit_files(root, {".gitattributes": "*.txt text eol=crlf\n"})


def _write_attributes(root: Path) -> None:
    (root / ".git" / "info" / "attributes").write_text("*.txt eol=crlf\n")


def _set_autocrlf(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")


WAYS_TO_WRITE: dict[str, Mess] = {
    "attributes in the commit": _commit_attributes,
    "attributes of the repository": _write_attributes,
    "setting": _set_autocrlf,
}


def _always_settled(files: object, now: object) -> bool:
    return True


@dataclass(frozen=True)
class Given:
    """A worktree that was given out, with the pool it belongs to."""

    pool: WorktreePool
    taken: Taken

    @property
    def top(self) -> Path:
        return self.taken.worktree.folder


async def _given(repository: Repository, branch: str, base: str = "HEAD") -> Given:
    pool = WorktreePool(repository, most=3)
    commit = await repository.resolve(base)
    taken = await pool.take(branch, commit)
    await pool.save_ready(taken)
    return Given(pool, taken)


def _listed(top: Path) -> dict[str, object]:
    """Return everything in a worktree and in git's own folder for it, with kinds and modes."""
    git_dir = Path((top / ".git").read_text().removeprefix("gitdir: ").rstrip("\n"))
    found: dict[str, object] = {}
    for name, start in (("tree", top), ("git", git_dir)):
        for where, folders, names in os.walk(start):
            for each in sorted([*folders, *names]):
                path = Path(where) / each
                status = path.lstat()
                content: object = None
                if stat.S_ISLNK(status.st_mode):
                    content = os.readlink(path)
                elif stat.S_ISREG(status.st_mode) and name == "tree" and each != ".git":
                    content = path.read_bytes()
                found[f"{name}/{path.relative_to(start)}"] = (oct(status.st_mode), content)
    found["status"] = git(top, "status", "--porcelain=v2", "--ignored", "-uall")
    found["entries"] = git(top, "ls-files", "--stage", "-v", "--resolve-undo")
    found["config"] = git(top, "config", "--list", "--show-scope")
    return found


def _fresh(root: Path, commit: str) -> dict[str, object]:
    """Return what is in a worktree that was just made."""

    async def make() -> Path:
        repository = await Repository.discover(root, cache=root.parent / "fresh")
        pool = WorktreePool(repository, most=1)
        return (await pool.take("podium/p-1/fresh", commit)).worktree.folder

    folder = asyncio.run(make())
    found = _listed(folder)
    git(root, "worktree", "remove", "--force", str(folder))
    git(root, "branch", "-D", "podium/p-1/fresh")
    return found


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(names=st.lists(st.sampled_from(sorted(MESSES)), min_size=1, max_size=6, unique=True))
@pytest.mark.promise("R20.unseen")
def test_a_worktree_that_is_given_out_again_is_like_a_new_one(
    tmp_path_factory: pytest.TempPathFactory, isolated_git: Path, names: list[str]
) -> None:
    _check_messes(tmp_path_factory.mktemp("mess"), names)


@pytest.mark.parametrize("name", sorted(MESSES))
@pytest.mark.promise("R20.unseen")
def test_each_mess_alone_is_gone(tmp_path: Path, name: str) -> None:
    _check_messes(tmp_path / "mess", [name])


def _check_messes(place: Path, names: list[str]) -> None:
    root = make_repository(place / "project", FILES)
    (root / "run.sh").chmod(0o755)
    first = commit_files(root, {"run.sh": "#!/bin/sh\necho\n"})
    second = commit_files(root, {"b.txt": "second\n", "later/e.txt": "e\n"})
    fresh = _fresh(root, second)

    async def use_twice() -> Given:
        repository = await Repository.discover(root, cache=place / "cache")
        given = await _given(repository, BRANCHES[0], first)
        for name in names:
            try:
                MESSES[name](given.top)
            except (OSError, AssertionError):
                continue  # an earlier mess is in the way of this one
        await given.pool.release(given.taken.worktree)
        return await _given(repository, BRANCHES[1], second)

    again = asyncio.run(use_twice())
    assert again.taken.former is not None, "it is the same worktree, not a new one"
    assert _listed(again.top) == fresh


class Killed(BaseException):
    """Ends a process at one point."""


@contextmanager
def killed_at(deadly: int) -> Generator[list[str]]:
    """Die before one of the steps of giving out or releasing; yields the steps so far."""
    passed: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            passed.append(name)
            if len(passed) == deadly:
                raise Killed
            return function(*arguments, **options)

        return call

    points: tuple[tuple[Any, str], ...] = (
        (Git, "run"),
        (worktrees, "mark"),
        (worktrees, "delete_tree"),
        (PoolFolder, "write"),
        (PoolFolder, "remove"),
        (PoolFolder, "remove_files"),
        (administration, "reset"),
        (ready_state, "save"),
        (ready_state, "copy_index"),
        (pool_module, "purge"),
        (pool_module, "rescan"),
    )
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in points:
            patch.setattr(owner, name, counted(name, getattr(owner, name)))
        yield passed


async def _use(repository: Repository, branch: str, base: str) -> None:
    """Take a worktree as the runner does, work in it and release it."""
    pool = WorktreePool(repository, most=2)
    commit = await repository.resolve(base)
    taken = await pool.take(branch, commit)
    await pool.save_ready(taken)
    for name in ("untracked", "ignored", "changed", "mode", "skip worktree"):
        MESSES[name](taken.worktree.folder)
    await pool.release(taken.worktree)


@pytest.mark.promise("R20.doubt", "R20.unseen")
def test_a_kill_at_any_point_leaves_what_the_clean_up_at_start_handles(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "project", FILES)
    second = commit_files(root, {"b.txt": "second\n", "later/e.txt": "e\n"})
    fresh = _fresh(root, second)
    deadly, died = 0, True
    while died:
        deadly += 1
        died = asyncio.run(_die_and_go_on(root, tmp_path / f"cache-{deadly}", deadly))
        again = asyncio.run(_take_again(root, tmp_path / f"cache-{deadly}", second))
        found = _listed(again)
        assert {**found, "git/HEAD": None} == {**fresh, "git/HEAD": None}, deadly
        for each in git(root, "worktree", "list", "--porcelain").splitlines():
            if each.startswith("worktree ") and "cache-" in each:
                git(root, "worktree", "remove", "--force", each.removeprefix("worktree "))
        for name in BRANCHES[:3]:
            if git(root, "for-each-ref", f"refs/heads/{name}"):
                git(root, "branch", "-D", name)
    print(f"{deadly - 1} points")  # noqa: T201 - `pytest -s` shows how many there are
    assert deadly - 1 >= 26


async def _die_and_go_on(root: Path, cache: Path, deadly: int) -> bool:
    """Use a worktree twice and die at one point of the second use; return whether it was met."""
    repository = await Repository.discover(root, cache=cache)
    await _use(repository, BRANCHES[0], "HEAD~1")
    with killed_at(deadly):
        try:
            await _use(repository, BRANCHES[1], "HEAD")
        except Killed:
            return True
    return False


async def _take_again(root: Path, cache: Path, base: str) -> Path:
    """Start again after a kill: clean up, and take a worktree for the same branch."""
    repository = await Repository.discover(root, cache=cache)
    pool = WorktreePool(repository, most=2)
    await repository.clear_stale_locks()
    await repository.remove_worktree_remains()
    await pool.remove(pool.in_doubt())
    assert pool.in_doubt() == ()
    for each in pool.worktrees():
        if each.branch:
            await pool.release(each)
    taken = await pool.take(BRANCHES[2], base)
    assert len(pool.worktrees()) <= 2
    return taken.worktree.folder


@pytest.mark.promise("R20.doubt")
def test_a_worktree_that_a_process_works_in_is_not_given_out(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "project", FILES)

    async def take_beside() -> tuple[Path, Path, Path]:
        repository = await Repository.discover(root, cache=tmp_path / "cache")
        given = await _given(repository, BRANCHES[0])
        await given.pool.release(given.taken.worktree)
        wait = [sys.executable, "-c", "print(flush=True); input()"]
        pipe = subprocess.PIPE
        with subprocess.Popen(wait, cwd=given.top, stdin=pipe, stdout=pipe) as process:
            assert process.stdout is not None
            process.stdout.readline()
            other = await _given(repository, BRANCHES[1])
            process.communicate(b"\n")
        again = await _given(repository, BRANCHES[2])
        return given.top, other.top, again.top

    first, beside_it, after = asyncio.run(take_beside())
    assert beside_it != first
    assert after == first


@pytest.mark.promise("R20.unseen")
@pytest.mark.parametrize("name", sorted(WAYS_TO_WRITE))
def test_another_way_to_write_files_needs_a_new_worktree(tmp_path: Path, name: str) -> None:
    root = make_repository(tmp_path / "project", FILES)

    async def take_after() -> Path:
        repository = await Repository.discover(root, cache=tmp_path / "cache")
        given = await _given(repository, BRANCHES[0])
        await given.pool.release(given.taken.worktree)
        (root / ".git" / "info").mkdir(exist_ok=True)
        WAYS_TO_WRITE[name](root)
        return (await _given(repository, BRANCHES[1])).top

    folder = asyncio.run(take_after())
    assert (folder / "a.txt").read_bytes() == b"a\r\n"


@pytest.mark.promise("R20.pool")
def test_a_warm_worktree_needs_two_git_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository(tmp_path / "project", FILES)
    commands: list[str] = []
    run_git = Git.run

    async def counted(self: Git, arguments: Any, **options: Any) -> Any:
        commands.append(arguments[0])
        return await run_git(self, arguments, **options)

    async def use_twice() -> None:
        repository = await Repository.discover(root, cache=tmp_path / "cache")
        commit = await repository.resolve("HEAD")
        pool = WorktreePool(repository, most=2)
        for branch in BRANCHES[:2]:
            commands.clear()
            taken = await pool.take(branch, commit)
            await pool.save_ready(taken)
            await pool.release(taken.worktree)

    monkeypatch.setattr(Git, "run", counted)
    monkeypatch.setattr(settings_module, "_is_settled", _always_settled)
    asyncio.run(use_twice())

    assert commands == ["checkout", "status", "update-ref"]
