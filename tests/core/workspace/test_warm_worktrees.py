"""Worktrees that are given out again: nothing of the former task is in them."""

import asyncio
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium.workspace.repository import Repository
from podium.workspace.warm.pool import Taken, WorktreePool
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


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


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


@dataclass(frozen=True)
class Given:
    """A worktree that was given out, with the pool it belongs to."""

    pool: WorktreePool
    taken: Taken

    @property
    def top(self) -> Path:
        return self.taken.worktree.folder


async def _given(repository: Repository, branch: str, base: str = "HEAD", **kept: object) -> Given:
    pool = WorktreePool(repository, most=3, **kept)  # type: ignore[arg-type]
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
        await given.pool.give_back(given.taken.worktree)
        return await _given(repository, BRANCHES[1], second)

    again = asyncio.run(use_twice())
    assert again.taken.former is not None, "it is the same worktree, not a new one"
    assert _listed(again.top) == fresh
