"""Which findings are about texts that an attempt is at work on, away from the person's files."""

from collections.abc import Iterable
from pathlib import Path

import anyio.to_thread

from podium.entities.runs import load_run
from podium.errors import GitError, NotARepository, RunNotFound
from podium.gates.names import GATE_MARK
from podium.model.findings import Finding
from podium.model.runs import END_STATES
from podium.runs.context import attempt_folder
from podium.workspace.repository import Repository
from podium_lsp.locations import LocatedFinding
from podium_lsp.session.documents import uri_of
from podium_lsp.session.projects import Project


class Attempts:
    """The runs at work that gates hold something against.

    Args:
        project: whose runs.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._at_work: frozenset[str] = frozenset()
        self._folders: dict[tuple[str, str, int], Path] = {}
        self._repository: Repository | None = None

    async def look(self, findings: Iterable[Finding]) -> bool:
        """Look which runs are at work now; tell whether that changed."""
        ours = [each for each in findings if _is_of_gate(each)]
        before, runs = self._at_work, {each.run_id for each in ours}
        self._at_work = await anyio.to_thread.run_sync(self._running, runs) if runs else frozenset()
        keys = {(each.run_id, each.task_id, each.attempt) for each in ours}
        if self._at_work and (repository := await self._found()) is not None:
            self._folders = {key: attempt_folder(repository, *key) for key in keys}
        return before != self._at_work

    def is_at_work(self, finding: Finding) -> bool:
        """Tell whether a finding is about an attempt of a run that goes on."""
        return _is_of_gate(finding) and finding.run_id in self._at_work

    def uri_of(self, located: LocatedFinding) -> str:
        """Return the file, as the attempt has it, that a finding is about; or nothing."""
        found = self.file_of(located.finding) if located.elsewhere else None
        return uri_of(found[1]) if found is not None else ""

    def file_of(self, finding: Finding) -> tuple[Path, Path] | None:
        """Return an attempt's folder, and the file in it that a finding is about."""
        folder = self._folders.get((finding.run_id, finding.task_id, finding.attempt))
        return (folder, folder / finding.path) if folder is not None else None

    def _running(self, runs: Iterable[str]) -> frozenset[str]:
        return frozenset(each for each in runs if self._goes_on(each))

    def _goes_on(self, run_id: str) -> bool:
        try:
            return load_run(self._project.store, run_id).state not in END_STATES
        except RunNotFound:
            return False

    async def _found(self) -> Repository | None:
        if self._repository is None:
            try:
                self._repository = await Repository.discover(self._project.root)
            except (NotARepository, GitError):
                return None
        return self._repository


def _is_of_gate(finding: Finding) -> bool:
    return finding.run_id != "" and finding.said_by.startswith(GATE_MARK)
