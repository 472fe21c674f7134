"""The control: what people do for one task by hand, without any code of ours."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.repositories import make_repository

WRITE = "import sys; open(sys.argv[1], 'w').write('x')"


def by_hand(root: Path, name: str) -> float:
    """Carry out one task: worktree, process, add, commit, merge, remove; return the seconds."""
    folder = root.parent / "by-hand" / name
    began = time.perf_counter()
    _git(root, "worktree", "add", "-q", "-b", name, str(folder))
    command = [sys.executable, "-I", "-S", "-c", WRITE, f"{name}.txt"]
    subprocess.run(command, cwd=folder, check=True)
    _git(folder, "add", "--all")
    _git(folder, "commit", "-q", "-m", name)
    _git(root, "merge", "-q", "--no-edit", name)
    _git(root, "worktree", "remove", str(folder))
    _git(root, "branch", "-q", "-D", name)
    return time.perf_counter() - began


class Controls:
    """Measures the controls again and again, so that they see the same load as what they control.

    Args:
        place: where; it gets a repository of its own.
        files: how many files the repository has: in a chain, those of all earlier tasks.
    """

    def __init__(self, place: Path, files: int = 0) -> None:
        self._place = place
        names = [f"before{number:04d}.txt" for number in range(files)]
        contents = {"README.md": "# app\n", **dict.fromkeys(names, "x")}
        self._root = make_repository(place / "hand" / "app", contents)
        self._tasks: list[float] = []
        self._syncs: list[float] = []

    def measure(self, count: int = 10) -> None:
        """Measure so many tasks by hand, and syncs after small writes."""
        for _ in range(count):
            self._tasks.append(by_hand(self._root, f"h{len(self._tasks):04d}"))
        with tempfile.TemporaryFile(dir=self._place) as file:
            self._syncs += [_sync(file.fileno()) for _ in range(4 * count)]

    @property
    def task(self) -> float:
        """The median seconds of a task by hand."""
        return statistics.median(self._tasks)

    @property
    def sync(self) -> float:
        """The median seconds of one `fdatasync` after a small write."""
        return statistics.median(self._syncs)


def _sync(fd: int) -> float:
    os.write(fd, b"x" * 100)
    began = time.perf_counter()
    os.fdatasync(fd)
    return time.perf_counter() - began


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)
