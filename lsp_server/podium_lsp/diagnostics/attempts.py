"""Determines which findings are about files in the worktree of a running attempt."""

from collections.abc import Iterable
from pathlib import Path

from podium.model.findings import Finding
from podium.operations.finding.attempts import (
    AttemptKey,
    attempt_folders,
    attempt_of,
)
from podium_lsp.locations import LocatedFinding
from podium_lsp.session.documents import uri_of
from podium_lsp.session.projects import Project


class Attempts:
    """The active runs that have findings, and the worktrees of their attempts.

    Args:
        project: the project that the runs belong to.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._active: frozenset[str] = frozenset()
        self._folders: dict[AttemptKey, Path] = {}

    async def look(self, findings: Iterable[Finding]) -> bool:
        """Update the active runs and return whether they changed."""
        keys = {key for each in findings if (key := attempt_of(each)) is not None}
        before, runs = self._active, {run_id for run_id, _, _ in keys}
        self._active = (
            (await self._project.ask("run.active", runs=runs)).runs if runs else frozenset[str]()
        )
        await self._find_folders(keys)
        return before != self._active

    def is_active(self, finding: Finding) -> bool:
        """Return whether a finding is about an attempt of an active run."""
        key = attempt_of(finding)
        return key is not None and key[0] in self._active

    def uri_of(self, located: LocatedFinding) -> str:
        """Return the URI of the attempt's file that a finding is about, or an empty string."""
        found = self.file_of(located.finding) if located.elsewhere else None
        return uri_of(found[1]) if found is not None else ""

    def file_of(self, finding: Finding) -> tuple[Path, Path] | None:
        """Return the worktree of a finding's attempt, and the finding's file in it, or None."""
        key = attempt_of(finding)
        folder = self._folders.get(key) if key is not None else None
        return (folder, folder / finding.path) if folder is not None else None

    async def _find_folders(self, keys: set[AttemptKey]) -> None:
        """Find the worktrees of attempts; known ones are cached, because git is slow."""
        unknown = {key for key in keys if key[0] in self._active} - self._folders.keys()
        if unknown:
            found = await attempt_folders(self._project.root, unknown)
            self._folders = {key: path for key, path in self._folders.items() if key in keys}
            self._folders |= found or {}
