"""Logs the stack traces of crashes; the model sees only a reference."""

import os
import secrets
import traceback
from datetime import UTC, datetime

import platformdirs


def write_crash(error: BaseException) -> str:
    """Append a stack trace to the user's private crash log and return its reference."""
    reference = secrets.token_hex(3)
    folder = platformdirs.user_state_path("podium")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    with os.fdopen(os.open(folder / "crashes.log", flags, 0o600), "a", encoding="utf-8") as log:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        trace = "".join(traceback.format_exception(error))
        log.write(f"--- {at} mcp {reference}\n{trace}\n")
    return reference
