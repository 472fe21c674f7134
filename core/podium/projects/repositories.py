"""Opens a project's repository: the only place that looks up the repository with git.

Its users receive the repository as an argument.
"""

from pathlib import Path

from podium.workspace.repository import Repository


async def open_repository(folder: Path) -> Repository:
    """Return the repository that contains a folder of the project.

    Raises:
        NotARepository: there is none, or it is bare.
        GitError: git is missing or too old, or there is no commit yet.
    """
    return await Repository.discover(folder)
