"""Measures the language server: `python -m tests.bench.lsp [rounds]`.

The start stands beside a bare server of the same library, started in turns with ours; the way from
a keystroke to its diagnostics beside `ruff server` on the same file, which is edited in turns.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio

from podium.app import open_engine, open_place
from podium.model import layout
from podium.model.events import Actor
from podium.model.findings import Finding, Position, Range, Severity
from podium.operations.table import load_operation
from tests.lsp_server.wire import Editor, change

PERSON = Actor(kind="person", name="bench", face="library")
BARE = [sys.executable, str(Path(__file__).with_name("bare_server.py"))]
RUFF = Path(sys.executable).with_name("ruff")
MANY = 5000


def main(rounds: int = 20) -> None:
    """Measure everything and print it as JSON."""
    with tempfile.TemporaryDirectory() as name:
        root = make_project(Path(name) / "project")
        figures: dict[str, Any] = {"start": starts(root, rounds)}
        for lines in (1_000, 10_000):
            figures[f"keystroke, {lines} lines of Python"] = beside_ruff(root, lines, rounds * 5)
        figures[f"{MANY} findings"] = many_findings(root)
        figures["at rest"] = at_rest(root)
    print(json.dumps(figures, indent=2))


def make_project(root: Path) -> Path:
    """Make a repository that is a project."""
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Start"]):
        who = ["-c", "user.name=b", "-c", "user.email=b@example.org"]
        subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)
    init = load_operation("project.init")
    anyio.run(init.run, open_place(root, PERSON), init.params())
    return root


def starts(root: Path, rounds: int) -> dict[str, Any]:
    """Measure from the start of the process to the answer to `initialize`."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(rounds):
        ours.append(timed(lambda: start_once(root, None)))
        bare.append(timed(lambda: start_once(root, BARE)))
    ratio = round(statistics.median(ours) / statistics.median(bare), 3)
    return {"podium": shown(ours), "bare": shown(bare), "ratio of medians": ratio}


def start_once(root: Path, command: list[str] | None) -> None:
    """Start a server and wait for its first answer."""
    with Editor(root, command=command, fresh=command is None) as editor:
        editor.initialize()


def beside_ruff(root: Path, lines: int, rounds: int) -> dict[str, Any]:
    """Measure keystrokes in our server and in ruff's, in turns."""
    path = long_file(root, lines)
    with (
        Editor(root, options={"syntax": {"delayMs": 0}}, fresh=True) as ours,
        Editor(root, command=[str(RUFF), "server"]) as ruffs,
    ):
        took: dict[str, list[float]] = {"podium": [], "ruff server": []}
        typists = {"podium": Typist(ours, path, lines), "ruff server": Typist(ruffs, path, lines)}
        for _ in range(rounds):
            for name, typist in typists.items():
                took[name].append(timed(typist.type))
    figures: dict[str, Any] = {name: shown(each[2:]) for name, each in took.items()}
    ratio = statistics.median(took["podium"]) / statistics.median(took["ruff server"])
    return {**figures, "ratio of medians": round(ratio, 2)}


def long_file(root: Path, lines: int) -> Path:
    """Write a file of so many lines and return its path."""
    body = "def f{0}(value: int) -> int:\n    total = value + {0}\n    return total\n\n"
    text = "".join(body.format(number) for number in range(lines // 4))
    path = root / f"long{lines}.py"
    path.write_text(text)
    return path


class Typist:
    """Types a bracket in the middle of a file, takes it away again, and so on.

    Args:
        editor: connected to a server that was not initialised yet.
        path: the file.
        lines: how long it is.
    """

    def __init__(self, editor: Editor, path: Path, lines: int) -> None:
        self._editor, self._line, self._version = editor, lines // 2 + 1, 1
        editor.initialize()
        self._uri = editor.open(path)

    def type(self) -> None:
        """Type one letter and wait for the diagnostics that say what it did."""
        self._version += 1
        breaks = self._version % 2 == 0
        edit = change(self._line, 4, 4, "(") if breaks else change(self._line, 4, 5, "")
        self._editor.change(self._uri, self._version, edit)
        self._editor.wait(lambda: bool(self._editor.diagnostics.get(self._uri)) is breaks)


def many_findings(root: Path) -> dict[str, Any]:
    """Measure from writing many findings to the last one shown."""
    engine = open_engine(root, PERSON)
    path = root / "a.py"

    def work(tx: Any) -> None:
        place = Position(line=1)
        for number in range(MANY):
            finding = Finding(
                id=f"f-{number:06d}",
                path="a.py",
                range=Range(start=place, end=Position(line=2)),
                severity=Severity.INFO,
                category="bench",
                message=f"number {number}",
                said_by="tool",
                snippet="x = 1",
            )
            tx.put(layout.finding(finding.id), finding)

    with Editor(root, fresh=True) as editor:
        editor.initialize()
        editor.command("podium.status")
        written = timed(lambda: engine.store.transact(work))
        uri = path.as_uri()
        seen = timed(lambda: editor.wait(lambda: len(editor.diagnostics.get(uri, [])) == MANY))
    return {"written, seconds": round(written, 3), "then shown, seconds": round(seen, 3)}


def at_rest(root: Path) -> dict[str, Any]:
    """Measure what a server uses that nobody talks to, over ten seconds."""
    import psutil

    with Editor(root, fresh=True) as editor:
        editor.initialize()
        uri = editor.open(root / "a.py")
        editor.command("podium.syntax.check", uri=uri)
        process = psutil.Process(editor.process.pid)
        before, began = process.cpu_times(), time.perf_counter()
        with anyio.from_thread.start_blocking_portal() as portal:
            portal.call(anyio.sleep, 10)
        after, ended = process.cpu_times(), time.perf_counter()
        used = after.user + after.system - before.user - before.system
        return {
            "processor, per cent": round(100 * used / (ended - began), 2),
            "memory, MiB": round(process.memory_info().rss / 2**20, 1),
        }


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def shown(seconds: Sequence[float]) -> dict[str, float]:
    """Return the figures of a series, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "min ms": round(1000 * ordered[0], 1),
        "p50 ms": round(1000 * statistics.median(ordered), 1),
        "p99 ms": round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
    }


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
