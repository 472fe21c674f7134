"""Computes a key of what affects how git writes files: settings, attributes, permissions."""

import contextlib
import hashlib
import os
from pathlib import Path

from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.settings import read_settings
from podium.workspace.repository import Repository

_IRRELEVANT = ("user", "author", "committer", "include", "includeif", "hook")


async def checkout_key(repository: Repository, mode: int) -> str:
    """Return a key that stays the same as long as git writes files in the same way.

    Args:
        repository: the repository.
        mode: the permissions of a new file.

    Returns:
        An empty string if the repository's worktrees cannot be reused.
    """
    common_dir = repository.git_common_dir
    if (common_dir / "reftable").exists():
        return ""
    found = [
        (each.key, each.value)
        for each in await read_settings(Git(repository.root, repository.git_dir))
        if each.key.partition(".")[0] not in _IRRELEVANT
    ]
    named = [value for key, value in found if key == "core.attributesfile"]
    texts = _attributes(common_dir, named)
    return hashlib.sha256(repr((found, texts, mode)).encode()).hexdigest()


def _attributes(common_dir: Path, named: list[str]) -> list[bytes]:
    """Return the contents of the attributes files outside the working tree."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return [
        _content(common_dir / "info" / "attributes"),
        _content(config / "git" / "attributes"),
        *(_content(Path(each).expanduser()) for each in named),
    ]


def _content(path: Path) -> bytes:
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""
