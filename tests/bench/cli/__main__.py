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
from dataclasses import dataclass, field
from pathlib import Path

PODIUM = Path(sys.executable).with_name("podium")
BARE = "pass"
LIBRARIES = "import click, pydantic"
ONE_MODEL = "import click, pydantic\nclass A(pydantic.BaseModel):\n    x: int = 0"
"""What no command that uses one model can go below: pydantic loads most of itself for the first."""

TASKS = [{"id": f"t{number}", "title": f"Task {number}"} for number in range(20)]


@dataclass
class Program:
    """A command line and the processor seconds of its starts."""

    command: list[str]
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
    Bar("podium tasks", "one model", 1.8),
)


def main(rounds: int = 10) -> None:
    """Measure everything and print it as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = _environment(folder)
        project = _make_project(folder / "project", environment)
        programs = _programs()
        for _ in range(rounds + 1):
            for program in programs.values():
                program.seconds.append(_seconds(program.command, project, environment))
        for program in programs.values():
            # The first start wrote the compiled modules.
            del program.seconds[0]
    figures = {
        "processor ms": {name: round(p.best * 1000, 1) for name, p in programs.items()},
        "ratios": [_ratio(bar, programs) for bar in BARS],
    }
    print(json.dumps(figures, indent=2))


def _programs() -> dict[str, Program]:
    bare = {"bare": BARE, "click and pydantic": LIBRARIES, "one model": ONE_MODEL}
    ours = ("--version", "--help", "tasks")
    return {
        **{name: Program([sys.executable, "-c", code]) for name, code in bare.items()},
        **{f"podium {words}": Program([str(PODIUM), words]) for words in ours},
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


def _make_project(root: Path, environment: dict[str, str]) -> Path:
    """Make a repository that is a project with one plan."""
    root.mkdir()
    tasks = root.parent / "tasks.json"
    tasks.write_text(json.dumps(TASKS))
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for command in (
        [*git, "init", "--quiet"],
        [*git, "commit", "--quiet", "--allow-empty", "--message", "Start"],
        [str(PODIUM), "init"],
        [str(PODIUM), "plan", "Twenty tasks", "--tasks", str(tasks)],
    ):
        subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    return root


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
