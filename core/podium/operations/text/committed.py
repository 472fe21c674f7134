"""Reads files as the last commit has them."""

from pathlib import Path

from podium.errors import GitError
from podium.workspace.repository import Repository


async def committed_file(root: Path, path: str) -> bytes | None:
    """Return a file as the last commit has it; None without a commit that has it.

    Args:
        root: the project's folder.
        path: the file, relative to it.
    """
    try:
        repository = await Repository.discover(root)
        return await repository.file_at("HEAD", path)
    except GitError:
        return None
