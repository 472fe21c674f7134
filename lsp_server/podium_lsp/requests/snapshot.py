"""An open text of a project at the moment of a request: all that a request about it may use."""

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
    """One version of an open text, and what is known about it.

    Args:
        workspace: knows findings and who changed what.
        project: the project that the text belongs to.
        document: the text.
    """

    def __init__(self, workspace: Workspace, project: Project, document: Document) -> None:
        self._workspace = workspace
        self.project = project
        self.document = document
        self.relative = workspace.relative(project, document.uri)

    @property
    def text(self) -> Text:
        """Return the text."""
        return self.document.text

    @property
    def encoding(self) -> Encoding:
        """Return what a column counts in the editor's positions."""
        return self._workspace.session.documents.encoding

    @property
    def client(self) -> Client:
        """Return the editor, for what it can show."""
        return self._workspace.session.client

    @property
    def settings(self) -> Settings:
        """Return the editor's settings."""
        return self._workspace.session.settings

    @property
    def findings(self) -> Sequence[LocatedFinding]:
        """Return the text's findings where they stand now."""
        return self._workspace.located(self.document.uri)

    @property
    def differs_from_commit(self) -> bool:
        """Tell whether the text is checked and is not what the last commit has."""
        return self._workspace.checks.differs(self.document)

    def plan_file(self) -> PlanFile | None:
        """Return what kind of plan file the text is, or None when it is none."""
        return file_in(self.project, self.relative)

    async def context(self, file: PlanFile) -> PlanContext:
        """Return what a plan file is judged against, as it is now."""
        return await plan_context(self.project, file, self.relative, self.text)

    async def blamed(self) -> Sequence[Blamed]:
        """Return the functions of the text that tasks changed."""
        return await self._workspace.blame.of(self.project, self.document)

    def offset_of(self, position: t.Position) -> int:
        """Return the offset of one of the editor's positions."""
        return self.text.offset(Place(position.line, position.character), self.encoding)

    def read(self, relative: str) -> Text | None:
        """Return a file of the project as the editor holds it, else the disk; None without one."""
        document = self._workspace.session.documents.get(self.project.uri(relative))
        if document is not None:
            return document.text
        try:
            return Text(Path(self.project.root, relative).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None


async def snapshot_of(workspace: Workspace, uri: str) -> DocumentSnapshot | None:
    """Return the snapshot of an open text, or None when it is not open or in no project."""
    document = workspace.session.documents.get(uri)
    project = await workspace.project_of(uri) if document is not None else None
    if document is None or project is None:
        return None
    return DocumentSnapshot(workspace, project, document)
