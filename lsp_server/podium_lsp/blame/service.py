"""Finds the tasks that last changed the functions of an open document, on request."""

from collections.abc import Hashable
from pathlib import Path

from podium.errors import GitError
from podium.operations.work.blame import Blamed, ProjectBlame
from podium_lsp.diagnostics.syntax import SyntaxDiagnostics
from podium_lsp.session.documents import Document
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session


class BlameService:
    """Provides blame for open documents of all projects; caches what it reads from git.

    Args:
        session: its settings can disable blame.
        checks: provides the process that parses definitions.
    """

    def __init__(self, session: Session, checks: SyntaxDiagnostics) -> None:
        self._session = session
        self._checks = checks
        self._blames: dict[Path, ProjectBlame] = {}
        self._heads: dict[Path, Hashable] = {}

    async def of(self, project: Project, document: Document) -> tuple[Blamed, ...]:
        """Return the functions of an open document that tasks changed; empty if git fails."""
        path = document.path
        if not self._session.settings.blame or path is None:
            return ()
        try:
            blame = await self._of(project)
            relative = project.relative(path) or ""
            self._heads.setdefault(project.root, blame.head_mark())
            text = document.text.content.encode("utf-8", "replace")
            return await blame.blame(project.root / relative, text)
        except GitError:
            return ()

    def has_new_commits(self, project: Project) -> bool:
        """Return whether HEAD moved since the last call; only reads files."""
        known = self._blames.get(project.root)
        if known is None:
            return False
        before, now = self._heads.get(project.root), known.head_mark()
        self._heads[project.root] = now
        return before != now

    async def _of(self, project: Project) -> ProjectBlame:
        if project.root not in self._blames:
            opened = await ProjectBlame.open(project.reading, self._checks.checker)
            self._blames[project.root] = opened
        return self._blames[project.root]
