"""Reads files from the last commit."""

from pathlib import Path

from podium.errors import GitError
from podium.projects.repositories import open_repository


async def committed_file(root: Path, path: str) -> bytes | None:
    """Return a file from the last commit; None if there is no commit or it does not contain the
    file.

    Args:
        root: the project's folder.
        path: the file, relative to it.
    """
    try:
        repository = await open_repository(root)
        return await repository.file_at("HEAD", path)
    except GitError:
        return None
