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


def median_by_hand(place: Path, count: int) -> float:
    """Return the median seconds of tasks by hand, in a repository of their own."""
    root = make_repository(place / "hand" / "app", {"README.md": "# app\n"})
    return statistics.median(by_hand(root, f"h{number:04d}") for number in range(count))


def median_sync(place: Path, count: int = 40) -> float:
    """Return the median seconds of one `fdatasync` after a small write on this machine."""
    with tempfile.TemporaryFile(dir=place) as file:
        return statistics.median(_sync(file.fileno()) for _ in range(count))


def _sync(fd: int) -> float:
    os.write(fd, b"x" * 100)
    began = time.perf_counter()
    os.fdatasync(fd)
    return time.perf_counter() - began


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)
