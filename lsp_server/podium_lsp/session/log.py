"""The server's log: a rotating file in the user's state folder; nothing goes to standard error."""

import logging
import os
import secrets
from logging.handlers import RotatingFileHandler
from pathlib import Path

from podium.app import own_files
from podium.errors import PathOutsideWorkspace

MAX_BYTES = 1024 * 1024
KEPT = 2
_LOG = logging.getLogger("podium_lsp")


def log_path() -> Path:
    """Return the path of the log."""
    return own_files.state_folder() / "lsp.log"


def open_log(level: str) -> None:
    """Open the log; messages from pygls, which can contain document text, are dropped."""
    root = logging.getLogger()
    try:
        root.addHandler(_handler(log_path()))
    except (OSError, PathOutsideWorkspace):
        root.addHandler(logging.NullHandler())  # the server works without a log
    root.setLevel(logging.WARNING)
    _LOG.setLevel(level.upper())
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)


def set_verbose(verbose: bool) -> None:
    """Set the log level to debug, or back to warning, as `$/setTrace` requests."""
    _LOG.setLevel(logging.DEBUG if verbose else logging.WARNING)


def write_crash(error: BaseException, where: str) -> str:
    """Log the traceback of an internal error and return its reference."""
    reference = secrets.token_hex(3)
    _LOG.error("%s crashed, reference %s", where, reference, exc_info=error)
    return reference


class _PrivateFile(RotatingFileHandler):
    def _open(self):  # type: ignore[no-untyped-def] # the base class has no public type for it
        return os.fdopen(own_files.open_log(Path(self.baseFilename)), self.mode, encoding="utf-8")


def _handler(path: Path) -> logging.Handler:
    handler = _PrivateFile(path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")
    form = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(form))
    return handler
