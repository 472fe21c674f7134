"""A soak test: typing, findings, runs and external changes to files, all at the same time.

At the end, the published state must be correct, every request answered, memory use flat, and the
idle server must use no processor time. Run it with `python -m tests.lsp_server.soak SECONDS`.
"""

import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from podium.model import layout
from podium.model.states import FindingStatus
from podium.projects.trust import trust
from tests.lsp_server.test_code_actions import capabilities_of
from tests.lsp_server.wire import Editor, Json, at, change
from tests.support.projects import Project, fixes, lasting_project, task, write

BODY = "def f{0}(value: int) -> int:\n    total = value + {0}\n    return total\n\n"
FILES = 12
LINES = 400
RATE_LIMIT = 0.04
"""Seconds between two events: fast typing."""
RUN_EVERY = 400
"""The number of events between two runs."""
SETTLED = 0.3
"""The fraction of the time after which memory is compared, when caches are full."""


@dataclass
class Figures:
    """The measurements."""

    seconds: float = 0.0
    steps: int = 0
    requests: int = 0
    runs: int = 0
    published: int = 0
    stale: list[str] = field(default_factory=list[str])
    unanswered: int = 0
    memory: list[tuple[float, float, float]] = field(
        default_factory=list[tuple[float, float, float]]
    )
    """Seconds, with the MiB that the server and its checkers use then."""
    idle_percent: float = 0.0

    def growth(self, of: int) -> float:
        """Return by how many MiB the last fifth of the time exceeds the first one after warm-up.

        Args:
            of: 1 for the server, 2 for its checkers.
        """
        settled = [each[of] for each in self.memory if each[0] > SETTLED * self.seconds]
        part = max(len(settled) // 5, 1)
        return statistics.median(settled[-part:]) - statistics.median(settled[:part])

    def _memory(self, of: int) -> dict[str, float]:
        values = [each[of] for each in self.memory]
        figures = {"first": values[0], "highest": max(values), "last": values[-1]}
        figures["growth after warming up"] = self.growth(of)
        return {name: round(each, 1) for name, each in figures.items()}

    def shown(self) -> Json:
        """Return the measurements as text."""
        return {
            "seconds": round(self.seconds),
            "things that happened": self.steps,
            "requests": self.requests,
            "unanswered": self.unanswered,
            "runs": self.runs,
            "published": self.published,
            "stale at the end": self.stale,
            "server, MiB": self._memory(1),
            "its checkers, MiB": self._memory(2),
            "processor at rest, per cent": round(self.idle_percent, 2),
        }


class Day:
    """One editor and the events around it.

    Args:
        project: a real project.
        editor: an editor that is connected to a real server.
        seed: the seed of the random events.
    """

    def __init__(self, project: Project, editor: Editor, seed: int) -> None:
        self.project, self.editor = project, editor
        self.chance = random.Random(seed)
        self.figures = Figures()
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.asked: list[Any] = []
        self.findings: list[str] = []
        self.began = time.monotonic()
        self._pause = threading.Event()

    def path(self) -> Path:
        """Return one of the files."""
        return self.project.root / f"file{self.chance.randrange(FILES)}.py"

    def live(self, seconds: float) -> Figures:
        """Run events for a number of seconds, then fix everything and check the state."""
        deeds: list[tuple[int, Callable[[], None]]] = [
            (60, self.type_),
            (8, self.open_or_close),
            (8, self.add_finding),
            (6, self.settle_finding),
            (8, self.write_file),
            (12, self.ask),
        ]
        weights = [weight for weight, _ in deeds]
        while (now := time.monotonic() - self.began) < seconds:
            self.chance.choices(deeds, weights)[0][1]()
            self.figures.steps += 1
            if self.figures.steps % RUN_EVERY == RUN_EVERY // 4:
                self.run()
            if self.figures.steps % 50 == 0:
                self.figures.memory.append((now, *memory_of(self.editor.process.pid)))
            self.take_in()
            self._pause.wait(RATE_LIMIT)
        self.figures.seconds = seconds
        self.put_right()
        return self.figures

    def take_in(self) -> None:
        """Process the messages that the server has sent."""
        self.editor.drain()

    # -- events

    def type_(self) -> None:
        if not self.texts:
            self.open_or_close()
            return
        uri = self.chance.choice(sorted(self.texts))
        lines = self.texts[uri].split("\n")
        row = self.chance.randrange(len(lines))
        words = self.chance.choice(["(", ")", "x", "é", "\U0001f600", "\n", "# TODO: x\n", '"'])
        if self.chance.random() < 0.5 and lines[row]:
            self.edit(uri, change(row, 0, 1, ""), _cut(self.texts[uri], row))
        else:
            self.edit(uri, change(row, 0, 0, words), _put(self.texts[uri], row, words))

    def edit(self, uri: str, made: Json, after: str) -> None:
        self.versions[uri] += 1
        self.texts[uri] = after
        self.editor.change(uri, self.versions[uri], made)

    def open_or_close(self) -> None:
        path = self.path()
        uri = path.as_uri()
        if uri in self.texts and len(self.texts) > 2:
            del self.texts[uri]
            self.editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        elif uri not in self.texts:
            self.texts[uri], self.versions[uri] = path.read_text(), 1
            self.editor.open(path)

    def add_finding(self) -> None:
        path = self.path()
        count = path.read_text().count("\n") or 1
        made = self.project.ask(
            "finding.add",
            path=path.name,
            message=f"number {self.figures.steps}",
            line=self.chance.randrange(count) + 1,
        )
        self.findings.append(made.id)

    def settle_finding(self) -> None:
        if self.findings:
            name = self.findings.pop(self.chance.randrange(len(self.findings)))
            if self.project.ask("finding.show", finding=name).status == "open":
                self.project.ask("finding.settle", finding=name, status="fixed")

    def write_file(self) -> None:
        path = self.path()
        if path.as_uri() not in self.texts:
            path.write_text(first_text() + f"# {self.figures.steps}\n" * self.chance.randrange(5))

    def ask(self) -> None:
        if not self.texts:
            return
        uri = self.chance.choice(sorted(self.texts))
        asked: list[tuple[str, Json]] = [
            ("textDocument/codeAction", _code_action(uri, self.chance.randrange(LINES))),
            ("textDocument/hover", at(uri, 1, 1)),
            ("textDocument/codeLens", {"textDocument": {"uri": uri}}),
            ("textDocument/documentSymbol", {"textDocument": {"uri": uri}}),
            ("workspace/symbol", {"query": "t"}),
            ("workspace/executeCommand", {"command": "podium.status", "arguments": []}),
        ]
        method, params = self.chance.choice(asked)
        self.asked.append(self.editor.request(method, params))
        self.figures.requests += 1

    def run(self) -> None:
        """Start a run that writes a broken file, which the consultant fixes; do not wait for it."""
        name = f"run{self.figures.runs}"
        active = [each for each in self.project.ask("plan.list").plans if each.state == "running"]
        if active:
            return
        script = {name: [[write(f"{name}.py", "x = (\n")]]}
        plan = self.project.plan([task(name)], script)
        fixes(self.project, {name: [[write(f"{name}.py", "x = 1\n")]]})
        self.project.ask("run.start", plan=plan)
        self.figures.runs += 1

    # -- the end

    def put_right(self) -> None:
        """Answer, fix and settle everything, then return what is left."""
        for name in self.asked:
            self.editor.answer(name)
        self.figures.unanswered = len(self.editor.unanswered)
        for uri in [*self.texts]:
            self.edit(uri, {"text": first_text()}, first_text())
        # Read from the store: a list omits findings that are no longer found in the files.
        for each in self.project.engine.store.list(layout.findings()).values():
            if each.status is FindingStatus.OPEN:
                self.project.ask("finding.settle", finding=each.id, status="fixed")
        for each in self.project.ask("plan.list", limit=1000).plans:
            if each.state == "running":
                status = self.project.ask("run.status")
                self.project.wait_run(status.run_id, lambda now: now.ended)
        shown = self.editor.diagnostics
        deadline = time.monotonic() + 60
        while any(shown.values()) and time.monotonic() < deadline:
            self.take_in()
            self._pause.wait(RATE_LIMIT)
        self.figures.stale = sorted(
            f"{uri.rpartition('/')[2]}: {row['code']} {row['message']}"
            for uri, rows in shown.items()
            for row in rows
        )
        self.figures.published = len(self.editor.published)

    def rest(self, seconds: float) -> None:
        """Measure what the server uses while it is idle."""
        tree = family(self.editor.process.pid)
        before = sum(map(used, tree))
        began = time.monotonic()
        self._pause.wait(seconds)
        spent = sum(map(used, tree)) - before
        self.figures.idle_percent = 100 * spent / (time.monotonic() - began)


def soak(project: Project, seconds: float, rest_seconds: float, seed: int = 7) -> Figures:
    """Run the test for a number of seconds and return its measurements."""
    for number in range(FILES):
        (project.root / f"file{number}.py").write_text(first_text())
    with Editor(project.root, capabilities_of("neovim"), fresh=True) as editor:
        editor.initialize()
        day = Day(project, editor, seed)
        day.live(seconds)
        day.rest(rest_seconds)
        assert editor.shut_down() == 0
        assert editor.errors == ""
    return day.figures


def first_text() -> str:
    """Return the initial content of every file."""
    return "".join(BODY.format(number) for number in range(LINES // 4))


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def used(process: psutil.Process) -> float:
    """Return the processor seconds that a process has used; 0 if it has ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def memory_of(pid: int) -> tuple[float, float]:
    """Return the MiB that a server uses, and those that its checkers use."""
    held: list[float] = []
    for process in family(pid):
        try:
            held.append(process.memory_info().rss / 2**20)
        except psutil.NoSuchProcess:
            continue
    return held[0], sum(held[1:])


def _code_action(uri: str, row: int) -> Json:
    place = {"line": row, "character": 0}
    where = {"start": place, "end": place}
    return {"textDocument": {"uri": uri}, "range": where, "context": {"diagnostics": []}}


def _cut(text: str, row: int) -> str:
    lines = text.split("\n")
    # Columns count bytes here, and a character is replaced as a whole or not at all.
    first = lines[row][0]
    lines[row] = lines[row][1:] if first.isascii() else lines[row]
    return "\n".join(lines)


def _put(text: str, row: int, words: str) -> str:
    lines = text.split("\n")
    lines[row] = words + lines[row]
    return "\n".join(lines)


def main(seconds: float) -> None:
    """Run the test in a new project and print its measurements."""
    with tempfile.TemporaryDirectory() as name:
        factory: Any = _Folders(Path(name))
        for project in lasting_project(factory):
            trust(project.root, project.engine.config.config)
            figures = soak(project, seconds, 60)
            sys.stdout.write(json.dumps(figures.shown(), indent=2) + "\n")


class _Folders:
    """Creates folders like pytest's fixture."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def mktemp(self, name: str) -> Path:
        """Return a new folder."""
        folder = self._base / name
        folder.mkdir()
        return folder


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1800.0)
