"""Detects that the installed program was replaced while this process is running."""

import os

import podium

UPDATE = "update Podium: pip install --upgrade podium"
RESTART = "restart this program: Podium was updated while it was running"
_SIGNS_OF_REPLACEMENT = (ImportError, AttributeError, FileNotFoundError)


def _installed_file() -> tuple[int, int, int] | None:
    """Return the state of the installed package's file, or None if it is gone."""
    try:
        status = os.stat(os.path.abspath(podium.__file__))
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


_AT_START = _installed_file()


def was_replaced() -> bool:
    """Return whether the installation was replaced since the process started."""
    return _installed_file() != _AT_START


def program_identity() -> str:
    """Return a value that differs between processes of different versions or installations."""
    return f"{podium.__version__} {_AT_START}"


def newer_program_hint() -> str:
    """Return a hint for data written by a newer version than the running one."""
    return RESTART if was_replaced() else UPDATE


def restart_hint(error: BaseException) -> str:
    """Return a hint for an unexpected error; empty unless the replacement explains the error.

    A process loads modules and files when it first needs them. After a replacement, these belong to
    another version: some are gone, others do not contain names that this version expects.
    """
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    explained = any(isinstance(each, _SIGNS_OF_REPLACEMENT) for each in causes)
    return RESTART if explained and was_replaced() else ""
