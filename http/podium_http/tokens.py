"""The token that a request must contain, and the file in which it is stored."""

import hmac
import os
import secrets
from pathlib import Path

from podium.platform.atomic_write import create_file, replace_file
from podium.platform.file_lock import lock
from podium.platform.owned_files import make_folders, open_file, read_file
from podium.platform.user_folders import state_folder
from podium.ports.filesystem import PRIVATE_FILE
from podium_http.asgi import Headers, header


def shows(headers: Headers, token: str) -> bool:
    """Return whether a request carries the token, as `Authorization: Bearer TOKEN`."""
    values = header(headers, b"authorization")
    if len(values) != 1:
        return False
    scheme, _, shown = values[0].strip().partition(b" ")
    # Always compare both parts, in constant time, so that the timing reveals nothing about either.
    same = hmac.compare_digest(shown.strip(), token.encode())
    return same and scheme.lower() == b"bearer"


def token_file(face: str) -> Path:
    """Return the path of a face's token file, in the user's state folder."""
    return state_folder() / f"{face}-token"


def load_token(path: Path) -> str:
    """Read the token from a file that only the user can read.

    The file is created if it is missing, and replaced if it is empty: an earlier version could be
    interrupted after creating it and before writing it.

    Raises:
        PathOutsideWorkspace: the file is a symlink.
        OSError: the file cannot be created or read.
    """
    make_folders(path.parent, root=path.parent)
    create_file(path, _new_token(), mode=PRIVATE_FILE, root=path.parent)
    return _read(path) or _replaced(path)


def _new_token() -> bytes:
    return f"{secrets.token_urlsafe(32)}\n".encode()


def _read(path: Path) -> str:
    fd = open_file(path, os.O_RDONLY, root=path.parent)
    with open(fd, encoding="ascii") as file:
        os.fchmod(fd, PRIVATE_FILE)
        return file.read().strip()


def _replaced(path: Path) -> str:
    """Replace an empty file; of several processes that try at once, the first one wins."""
    fd = open_file(path, os.O_RDONLY, root=path.parent)
    try:
        lock(fd, block=True)
        if not read_file(path, root=path.parent).strip():
            replace_file(path, _new_token(), mode=PRIVATE_FILE, durable=True, root=path.parent)
    finally:
        os.close(fd)
    return _read(path)
