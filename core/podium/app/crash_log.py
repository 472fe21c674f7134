"""Logs the stack traces of crashes; users see only one line, models only a reference."""

import os
import secrets
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from podium.platform.owned_files import make_folders, open_file
from podium.platform.user_folders import state_folder


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
        PathOutsideWorkspace: the log is a symlink.
        OSError: the log cannot be written.
    """
    folder = state_folder()
    make_folders(folder, root=folder)
    crash = Crash(secrets.token_hex(3), folder / "crashes.log")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with os.fdopen(open_file(crash.path, flags, root=folder), "a", encoding="utf-8") as log:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        trace = "".join(traceback.format_exception(error))
        log.write(f"--- {at} {face} {crash.reference}\n{trace}\n")
    return crash
