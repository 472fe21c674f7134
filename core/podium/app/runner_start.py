"""Starts the runner and reads its log."""

import contextlib
import sys
from pathlib import Path

from podium.entities.runs import due_run
from podium.errors import PodiumError
from podium.operations.engine import Engine
from podium.platform.owned_files import make_folders, read_file
from podium.platform.process.processes import start_detached
from podium.runs.runner_lock import has_runner_died


def last_log_line(root: Path) -> str:
    """Return the last line of the runner's log, or an empty string."""
    path = root / ".podium" / "run" / "logs" / "runner.log"
    try:
        lines = read_file(path)[-4096:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""


def restart_dead_runner(engine: Engine) -> None:
    """Start a runner if the last one died on this machine mid-run, so that the run continues.

    Runs that are paused, were signed by another machine, or arrived with a clone are ignored.
    """
    if not has_runner_died(engine.home):
        return
    with contextlib.suppress(PodiumError, OSError):  # the person's own command matters more
        if due_run(engine.store) is not None:
            engine.start_runner()


def start_runner(root: Path) -> None:
    """Start a detached runner process, which exits immediately if another one is running.

    `-P` keeps the working folder off the module path, so that nothing in the project is imported.
    """
    log_path = root / ".podium" / "run" / "logs" / "runner.log"
    make_folders(log_path.parent)
    command = [sys.executable, "-P", "-m", "podium", "runner", str(root)]
    start_detached(command, Path("/"), log_path)
