"""Which task last changed which function of an open text; asked only when an editor asks."""

from pathlib import Path

from podium.errors import GitError
from podium.provenance.blame import Blamed, Blamer
from podium.workspace.repository import Repository
from podium_lsp.diagnostics.syntax import SyntaxDiagnostics
from podium_lsp.session.documents import Document
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session

_Mark = tuple[object, ...]


class BlameService:
    """Answers for all projects of an editor; what was read of a repository is kept.

    Args:
        session: its settings say whether anything is told.
        checks: whose process reads what a text defines.
    """

    def __init__(self, session: Session, checks: SyntaxDiagnostics) -> None:
        self._session = session
        self._checks = checks
        self._blamers: dict[Path, tuple[Repository, Blamer]] = {}
        self._marks: dict[Path, _Mark] = {}

    async def of(self, project: Project, document: Document) -> tuple[Blamed, ...]:
        """Return what tasks changed in an open text; nothing where that cannot be known."""
        path = document.path
        if not self._session.settings.blame or path is None:
            return ()
        try:
            repository, blamer = await self._of(project)
            relative = project.relative(path) or ""
            self._marks.setdefault(project.root, repository.head_mark())
            text = document.text.content.encode("utf-8", "replace")
            return await blamer.blame(project.root / relative, text)
        except GitError:
            return ()

    def have_moved(self, project: Project) -> bool:
        """Tell whether HEAD moved since this was asked last; asks the disk, starts nothing."""
        known = self._blamers.get(project.root)
        if known is None:
            return False
        before, now = self._marks.get(project.root), known[0].head_mark()
        self._marks[project.root] = now
        return before != now

    async def _of(self, project: Project) -> tuple[Repository, Blamer]:
        if project.root not in self._blamers:
            repository = await Repository.discover(project.root)
            blamer = Blamer(repository, project.store, self._checks.checker)
            self._blamers[project.root] = (repository, blamer)
        return self._blamers[project.root]
