"""Counts what the runner starts and syncs for a task, with strace."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.bench.runs.place import chain, make_plan, make_project

_CALLS = "execve,fsync,fdatasync,clone,clone3"
_KINDS = {
    # A call that another process interrupts takes two lines, of which only the first one has the
    # arguments, and only the second one the result.
    "git processes": re.compile(rf'execve\("{re.escape(shutil.which("git") or "git")}"'),
    "all programs": re.compile(r"execve(\(| resumed).* = 0$"),
    "syncs": re.compile(r" f(data)?sync\("),
    "threads": re.compile(r"clone3?\(.*CLONE_THREAD"),
}


def counts_per_task(place: Path, few: int = 10, many: int = 20) -> dict[str, float] | None:
    """Return how often a no-op task does each thing; None without strace."""
    if shutil.which("strace") is None:
        return None
    _counts(place / "count-first", 1)  # it also makes what the user's folders lack
    less, more = (_counts(place / f"count-{count}", count) for count in (few, many))
    return {kind: (more[kind] - less[kind]) / (many - few) for kind in _KINDS}


def _counts(place: Path, count: int) -> Counter[str]:
    project = make_project(place)
    plan_id = make_plan(project, chain(count))
    project.close()
    log = place / "strace.log"
    run = [sys.executable, "-m", "tests.bench.runs.one_run", str(project.root), plan_id, "1"]
    trace = ["strace", "-f", "-qq", "-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(log)]
    subprocess.run([*trace, *run], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found: Counter[str] = Counter()
    for line in log.read_text("utf-8", "replace").splitlines():
        for kind, pattern in _KINDS.items():
            if pattern.search(line):
                found[kind] += 1
    return found
