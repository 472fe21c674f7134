"""Logs the tracebacks of internal errors, of which the terminal shows one line."""

import os
from datetime import UTC, datetime
from pathlib import Path

import platformdirs


def write_crash(trace: str) -> Path:
    """Append a traceback to the user's private crash log and return the log's path."""
    folder = platformdirs.user_state_path("podium")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "crashes.log"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "a", encoding="utf-8") as log:
        log.write(f"--- {datetime.now(UTC).isoformat(timespec='seconds')}\n{trace}\n")
    return path
