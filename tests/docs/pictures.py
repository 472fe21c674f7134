"""Draws `docs/images/*.svg` from what the program prints on the demonstration's own repository.

What differs from run to run (ids, hashes, times) is made equal; nothing else is touched.
"""

import inspect
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from podium.operations.run.status import RunStatus
from podium.platform.yaml_text import YamlSource, read_yaml
from podium_cli.render.style import THEME
from podium_cli.watch.live import draw
from tests.support.commands import podium
from tests.support.projects import Project
from tests.support.repositories import make_repository

WIDTH = 92
TEST_COMMAND = "python3 -m unittest -q"
BEGAN = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
TASK_SECONDS = 4

_RICH_SVG: str = inspect.signature(Console.export_svg).parameters["code_format"].default
PLAIN_SVG = re.sub(r"\s*@font-face \{.*?\}\n", "\n", _RICH_SVG, flags=re.DOTALL).replace(
    "Fira Code", "ui-monospace, Menlo, Consolas"
)
"""Rich's picture of a terminal without the fonts that it fetches from the network."""

# The letter that ends a colour code may stand right before an id.
_EQUAL = tuple(
    (re.compile(rf"(?<![a-ln-z0-9]){pattern}(?![a-z0-9])"), equal)
    for pattern, equal in (
        ("p-[0-9a-z]{6}", "p-7k3m9x"),
        ("r-[0-9a-z]{6}", "r-4h8w2c"),
        ("f-[0-9a-z]{6}", "f-2x4q7n"),
        ("[0-9a-f]{12}", "4a3bf3d1d4fa"),
        ("[0-9a-f]{10}", "4a3bf3d1d4"),
    )
)


@dataclass(frozen=True)
class Sample:
    """The demonstration's repository with its playbook beside it."""

    project: Project
    playbook: Path


def make_sample(folder: Path) -> Sample:
    """Make the repository that `podium demo` uses."""
    data = files("podium_cli.demo")
    read = read_yaml(data.joinpath("sample.yaml").read_text(), YamlSource("sample", "sample"))
    content: dict[str, str] = read.value
    root = make_repository(folder / "todo", content)
    playbook = folder / "playbook.yaml"
    # The pauses are there for people who watch; a picture needs none.
    playbook.write_text(
        re.sub(r"(?m)^ *- delay: .*\n", "", data.joinpath("playbook.yaml").read_text())
    )
    return Sample(Project(root), playbook)


class Screen:
    """Records commands with what they print, as one terminal."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._console = Console(
            record=True,
            width=WIDTH,
            theme=THEME,
            highlight=False,
            force_terminal=True,
            color_system="truecolor",
            legacy_windows=False,
            file=io.StringIO(),
        )

    def show(self, *words: str, title: str = "") -> None:
        """Run a command and record it."""
        self._prompt(title or " ".join(words))
        done = podium(self._sample.project.root, *words, COLUMNS=str(WIDTH), **_COLOURS)
        assert done.returncode == 0, done.stderr
        self._console.print(Text.from_ansi(self._equal(done.stdout)))

    def run(self) -> None:
        """Carry the plan out and record the last picture of `podium run`."""
        self._prompt("run")
        status = _at_fixed_times(self._sample.project.run_to_end())
        lines = Console(width=WIDTH, theme=THEME, highlight=False, force_terminal=True)
        with lines.capture() as captured:
            lines.print(draw(status, {}, BEGAN))
        self._console.print(Text.from_ansi(self._equal(captured.get())))

    def quietly(self, *words: str) -> None:
        """Run a command without recording it."""
        done = podium(self._sample.project.root, *words)
        assert done.returncode == 0, done.stderr

    def svg(self) -> str:
        """Return the picture."""
        made = self._console.export_svg(title="podium", unique_id="podium", code_format=PLAIN_SVG)
        return "\n".join(line.rstrip() for line in made.splitlines()) + "\n"

    def _prompt(self, words: str) -> None:
        self._console.print(Text.assemble(("$ ", "quiet"), (f"podium {words}", "next")))

    def _equal(self, text: str) -> str:
        text = text.replace(str(self._sample.playbook.parent), "~")
        for pattern, equal in _EQUAL:
            text = pattern.sub(equal, text)
        return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"


_COLOURS = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "NO_COLOR": "", "COLORTERM": ""}


def _at_fixed_times(status: RunStatus) -> RunStatus:
    """Return a run whose tasks took equal times, one after the other."""
    length = timedelta(seconds=TASK_SECONDS)
    equal: dict[str, Any] = {"started_at": BEGAN, "ended_at": BEGAN + length}
    tasks = tuple(each.model_copy(update=equal) for each in status.tasks)
    whole = {"started_at": BEGAN, "ended_at": BEGAN + length * len(tasks), "tasks": tasks}
    return status.model_copy(update=whole)


def pictures(folder: Path) -> dict[str, str]:
    """Return every picture by its name."""
    sample = make_sample(folder)
    plan, run = Screen(sample), Screen(sample)
    plan.quietly("init", "--test", TEST_COMMAND)
    plan.show("plan", "--playbook", str(sample.playbook), title="plan --playbook playbook.yaml")
    run.show("approve", "--yes")
    run.run()
    run.show("findings", "status:fixed", "closed", title="findings status:fixed closed")
    run.show("land", "--yes")
    sample.project.close()
    return {"plan": plan.svg(), "run": run.svg()}
