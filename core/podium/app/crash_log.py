"""Logs the stack traces of crashes; users see only one line, models only a reference."""

import os
import secrets
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Crash:
    """A logged crash.

    Args:
        reference: the id to search for in the log.
        path: the log file.
    """

    reference: str
    path: Path


def write_crash(error: BaseException, face: str) -> Crash:
    """Append a stack trace to the user's private crash log.

    Raises:
        OSError: the log cannot be written.
    """
    folder = platformdirs.user_state_path("podium")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    crash = Crash(secrets.token_hex(3), folder / "crashes.log")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    with os.fdopen(os.open(crash.path, flags, 0o600), "a", encoding="utf-8") as log:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        trace = "".join(traceback.format_exception(error))
        log.write(f"--- {at} {face} {crash.reference}\n{trace}\n")
    return crash
