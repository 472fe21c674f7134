"""Notices that the installed program was replaced while this process runs."""

import os

import podium

UPDATE = "update Podium: pip install --upgrade podium"
RESTART = "restart this program: Podium was updated while it was running"


def _installed_file() -> tuple[int, int, int] | None:
    """Return the state of the installed package's files, or None if they are gone."""
    try:
        status = os.stat(os.path.abspath(podium.__file__))
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


_AT_START = _installed_file()


def was_replaced() -> bool:
    """Return whether the installation was replaced since the process started."""
    return _installed_file() != _AT_START


def newer_program_hint() -> str:
    """Return a hint for data written by a newer version than this process runs."""
    return RESTART if was_replaced() else UPDATE
