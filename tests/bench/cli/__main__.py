"""Measures what commands cost in processor time: `python -m tests.bench.cli [rounds]`.

Each command stands beside a bare program started in turns with it, and only their ratio is of
interest. The least of several starts is what a program itself costs; the rest is the machine.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

PODIUM = Path(sys.executable).with_name("podium")
BARE = "pass"
LIBRARIES = "import click, pydantic"

SIZES = {"project": 20, "changing project": 50, "large project": 1_000}
"""How many tasks the projects have."""

_CHANGE = f"""
import subprocess, time
note = str(time.monotonic_ns())
subprocess.run([{str(PODIUM)!r}, "task", "t7", "--note", note], check=True)
"""


@dataclass
class Program:
    """A command line, its project, and the processor seconds of its starts."""

    command: list[str]
    project: str = "project"
    before: list[str] = field(default_factory=list[str])
    """A command line that runs before each start, and is not measured."""
    seconds: list[float] = field(default_factory=list[float])

    @property
    def best(self) -> float:
        """The least of all starts."""
        return min(self.seconds)


@dataclass(frozen=True)
class Bar:
    """At most so many times what another program costs."""

    program: str
    reference: str
    most: float


BARS = (
    Bar("podium --version", "bare", 2.0),
    Bar("podium --help", "bare", 10.0),
    Bar("podium tasks", "click and pydantic", 1.8),
    Bar("podium tasks, after a change", "click and pydantic", 1.8),
    Bar("podium tasks, 1,000 tasks", "click and pydantic", 1.8),
    Bar("podium tasks, 1,000 tasks shown", "click and pydantic", 1.8),
)


def main(rounds: int = 10) -> None:
    """Measure everything and print it as JSON."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        environment = _environment(folder)
        for name, size in SIZES.items():
            _make_project(folder / name, size, environment)
        programs = _programs()
        for _ in range(rounds + 1):
            for program in programs.values():
                if program.before:
                    _seconds(program.before, folder / program.project, environment)
                program.seconds.append(
                    _seconds(program.command, folder / program.project, environment)
                )
        for program in programs.values():
            # The first start wrote the compiled modules, and kept the tasks.
            del program.seconds[0]
    figures = {
        "processor ms": {name: round(p.best * 1000, 1) for name, p in programs.items()},
        "ratios": [_ratio(bar, programs) for bar in BARS],
    }
    print(json.dumps(figures, indent=2))


def _programs() -> dict[str, Program]:
    bare = {"bare": BARE, "click and pydantic": LIBRARIES}
    ours = ("--version", "--help", "tasks")
    return {
        **{name: Program([sys.executable, "-c", code]) for name, code in bare.items()},
        **{f"podium {words}": Program([str(PODIUM), words]) for words in ours},
        "podium tasks, after a change": Program(
            [str(PODIUM), "tasks"],
            "changing project",
            [sys.executable, "-c", _CHANGE],
        ),
        "podium tasks, 1,000 tasks": Program([str(PODIUM), "tasks"], "large project"),
        "podium tasks, 1,000 tasks shown": Program(
            [str(PODIUM), "tasks", "--limit", "1000"], "large project"
        ),
    }


def _ratio(bar: Bar, programs: dict[str, Program]) -> str:
    ratio = programs[bar.program].best / programs[bar.reference].best
    verdict = "within" if ratio <= bar.most else "ABOVE"
    return f"{bar.program} / {bar.reference} = {ratio:.2f}, {verdict} {bar.most}"


def _seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which modules are compiled once, as in an installed product."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    own = {
        "PYTHONPYCACHEPREFIX": "compiled",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "XDG_CONFIG_HOME": "config",
    }
    return {**kept, **{name: str(folder / below) for name, below in own.items()}}


def _make_project(root: Path, size: int, environment: dict[str, str]) -> None:
    """Make a repository that is a project with one plan, and was left alone for a while."""
    root.mkdir()
    tasks = root.parent / "tasks.json"
    titles = (f"Task {number} says in a few words what is to do" for number in range(size))
    rows = [{"id": f"t{number}", "title": title} for number, title in enumerate(titles)]
    tasks.write_text(json.dumps(rows))
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for command in (
        [*git, "init", "--quiet"],
        [*git, "commit", "--quiet", "--allow-empty", "--message", "Start"],
        [str(PODIUM), "init"],
        [str(PODIUM), "plan", f"{size} tasks", "--tasks", str(tasks)],
    ):
        subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    then = time.time() - 60
    for path in (root / ".podium").rglob("*.json"):
        os.utime(path, (then, then))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
