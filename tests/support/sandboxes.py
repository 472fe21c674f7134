"""What tests of confined commands share: whether they can run here, and a home with secrets."""

import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from podium.model.sandbox import CommandKind, Sandbox, SandboxMode, SandboxSettings
from podium.platform.sandbox.probe import find_sandbox
from tests.support.repositories import git, make_repository

SETTINGS = SandboxSettings(mode=SandboxMode.AUTO)
_FOUND = find_sandbox(SETTINGS)

needs_bubblewrap = pytest.mark.skipif(
    _FOUND.tool is None, reason=f"commands cannot be confined here: {_FOUND.problem}"
)

WORKTREE = "t1"
"""The name of the worktree, also in git's folder."""

SECRET = "the-secret-of-the-user"
SECRET_PLACES = (
    ".ssh/id_ed25519",
    ".gnupg/key",
    ".aws/credentials",
    ".netrc",
    ".codex/auth.json",
    ".config/podium/notes",
    ".state/podium/notes",
    ".cache/podium/reply",
)


def sandbox(*network: CommandKind, **more: object) -> Sandbox:
    """Return the sandbox of this machine with other settings."""
    return find_sandbox(SETTINGS.model_copy(update={"network": network, **more}))


def put_secrets(home: Path) -> None:
    """Write a secret into each usual place of a home folder."""
    for name in SECRET_PLACES:
        place = home / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{SECRET}\n")


def make_worktree(home: Path, place: Path) -> tuple[Path, Path]:
    """Return a checkout and a worktree of it in the user's cache folder, in a home with secrets."""
    checkout = make_repository(place / "app", {"a.txt": "a\n"})
    worktree = home / ".cache" / "podium" / "worktrees" / WORKTREE
    git(checkout, "worktree", "add", "-q", "-b", f"podium/p/{WORKTREE}", str(worktree))
    put_secrets(home)
    return checkout, worktree


@contextmanager
def listening() -> Generator[int]:
    """Accept connections on loopback, and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_accept, args=(server,), daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _accept(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        connection.close()


def living(words: str) -> list[int]:
    """Return the processes whose command line ends with these words, with the ids of this side."""
    found: list[int] = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except (OSError, UnicodeDecodeError):
            continue
        if line.endswith(words) and "bwrap" not in line:
            found.append(int(name))
    return found
