"""Whether a runner is at work, and how one is started; must not load what a runner needs."""

import fcntl
import os
import sys
from pathlib import Path

from podium.ports.filesystem import LocalFileSystem
from podium.ports.processes import start_detached


def runner_lock_path(root: Path) -> Path:
    """Return the file whose lock means that a runner is at work."""
    return root / ".podium" / "run" / "runner.lock"


def runner_is_alive(root: Path) -> bool:
    """Tell whether a runner is at work for this project."""
    try:
        fd = os.open(runner_lock_path(root), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def runner_pid(root: Path) -> int | None:
    """Return the process id of the runner at work, or None."""
    if not runner_is_alive(root):
        return None
    text = runner_lock_path(root).read_text().strip()
    return int(text) if text.isdigit() else None


def last_log_line(root: Path) -> str:
    """Return the last line that a runner printed, or nothing."""
    path = root / ".podium" / "run" / "logs" / "runner.log"
    try:
        lines = path.read_bytes()[-4096:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""


def start_runner(root: Path) -> None:
    """Start a runner process, detached; it ends at once when another is at work.

    `-P` keeps the working folder off its module path, so that nothing in the project is imported.
    """
    log_path = root / ".podium" / "run" / "logs" / "runner.log"
    LocalFileSystem().makedirs(str(log_path.parent))
    command = [sys.executable, "-P", "-m", "podium", "runner", str(root)]
    start_detached(command, Path("/"), log_path)
