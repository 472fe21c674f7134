"""A snapshot of an open document, the context of all requests about that document."""

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types as t

from podium.operations.work.blame import Blamed
from podium_lsp.background.workspace import Workspace
from podium_lsp.diagnostics.plan_files import file_in, plan_context
from podium_lsp.locations import LocatedFinding
from podium_lsp.plan_language.file_kinds import PlanFile
from podium_lsp.plan_language.plan_context import PlanContext
from podium_lsp.session.client import Client
from podium_lsp.session.documents import Document
from podium_lsp.session.projects import Project
from podium_lsp.session.settings import Settings
from podium_lsp.session.text import Encoding, Place, Text


class DocumentSnapshot:
    """One version of an open document, with its project, findings and blame.

    Args:
        workspace: provides findings and blame.
        project: the project that the document belongs to.
        document: the document.
    """

    def __init__(self, workspace: Workspace, project: Project, document: Document) -> None:
        self._workspace = workspace
        self.project = project
        self.document = document
        self.relative = workspace.relative(project, document.uri)

    @property
    def text(self) -> Text:
        """Return the document's text."""
        return self.document.text

    @property
    def encoding(self) -> Encoding:
        """Return the encoding of the editor's positions."""
        return self._workspace.session.documents.encoding

    @property
    def client(self) -> Client:
        """Return the editor, for its capabilities."""
        return self._workspace.session.client

    @property
    def settings(self) -> Settings:
        """Return the server's settings."""
        return self._workspace.session.settings

    @property
    def findings(self) -> Sequence[LocatedFinding]:
        """Return the document's findings with their current locations."""
        return self._workspace.located(self.document.uri)

    @property
    def differs_from_commit(self) -> bool:
        """Return whether the document is checked and differs from the last commit."""
        return self._workspace.checks.differs(self.document)

    def plan_file(self) -> PlanFile | None:
        """Return the kind of plan file, or None if the document is not a plan file."""
        return file_in(self.project, self.relative)

    async def context(self, file: PlanFile) -> PlanContext:
        """Return the current context of a plan file."""
        return await plan_context(self.project, file, self.relative, self.text)

    async def blamed(self) -> Sequence[Blamed]:
        """Return the functions of the document that tasks changed."""
        return await self._workspace.blame.of(self.project, self.document)

    def offset_of(self, position: t.Position) -> int:
        """Return the offset of a position."""
        return self.text.offset(Place(position.line, position.character), self.encoding)

    def read(self, relative: str) -> Text | None:
        """Return a project file's text from the editor, or else from disk; None if unreadable."""
        document = self._workspace.session.documents.get(self.project.uri(relative))
        if document is not None:
            return document.text
        try:
            return Text(Path(self.project.root, relative).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None


async def snapshot_of(workspace: Workspace, uri: str) -> DocumentSnapshot | None:
    """Return the snapshot of a document, or None if it is not open or not in a project."""
    document = workspace.session.documents.get(uri)
    project = await workspace.project_of(uri) if document is not None else None
    if document is None or project is None:
        return None
    return DocumentSnapshot(workspace, project, document)
