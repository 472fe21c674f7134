"""Reads credentials for agents from `.env.local` in the project's folder.

The file is read again for each call and its content is never stored. A file that git tracks may
have come with a clone, and could send an agent's login to another server, so Podium ignores it.
"""

import io
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
from dotenv import dotenv_values

from podium.errors import GitError, PathOutsideWorkspace
from podium.platform.owned_files import read_file
from podium.workspace.plumbing.git import Git

ENV_FILE = ".env.local"


@dataclass(frozen=True)
class EnvFileProblem:
    """Why the file is ignored, or is less private than it should be.

    Args:
        is_ignored: whether Podium ignores the file for this reason.
        found: what is wrong.
        hint: the command that corrects it.
    """

    is_ignored: bool
    found: str
    hint: str


class EnvFile:
    """The file with credentials in a project's folder.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def variables(self) -> Mapping[str, str]:
        """Return the variables in the file; none if it is missing or ignored.

        Starts git, so it must not be called from an event loop.
        """
        text = self._text()
        if text is None or "\0" in text or anyio.run(self._is_tracked):
            return {}
        found = dotenv_values(stream=io.StringIO(text), interpolate=False)
        return {name: value for name, value in found.items() if value is not None}

    async def problems(self) -> list[EnvFileProblem]:
        """Return what is wrong with the file; empty if it is missing or in order."""
        path = self._root / ENV_FILE
        if path.is_symlink():
            found = f"{ENV_FILE} is a symlink, so it is ignored"
            return [EnvFileProblem(True, found, f"replace {ENV_FILE} by a file")]
        if not path.is_file():
            return []
        problems: list[EnvFileProblem] = []
        if await self._is_tracked():
            found = f"git tracks {ENV_FILE}, so it is ignored"
            problems.append(EnvFileProblem(True, found, f"git rm --cached {ENV_FILE}"))
        elif not await self._is_git_ignored():
            found = f"git would add {ENV_FILE} to a commit"
            problems.append(EnvFileProblem(False, found, f"echo {ENV_FILE} >> .gitignore"))
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            found = f"other users of this machine can read {ENV_FILE}"
            problems.append(EnvFileProblem(False, found, f"chmod 600 {ENV_FILE}"))
        return problems

    def _text(self) -> str | None:
        try:
            return read_file(self._root / ENV_FILE, root=self._root).decode("utf-8")
        except (OSError, PathOutsideWorkspace, UnicodeDecodeError):
            return None

    async def _is_tracked(self) -> bool:
        try:
            listed = await Git(self._root).read("ls-files", "-z", "--", ENV_FILE)
        except GitError:
            # Without git it cannot have come with a clone.
            return False
        return bool(listed.fields)

    async def _is_git_ignored(self) -> bool:
        try:
            answer = await Git(self._root).read("check-ignore", "-q", ENV_FILE, accept=(0, 1))
        except GitError:
            return True
        return answer.code == 0
