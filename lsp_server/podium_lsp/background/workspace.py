"""The watched projects of one editor and their services; importing this loads the engine."""

import asyncio
from pathlib import Path

from podium_lsp.background.project_watcher import ProjectWatcher
from podium_lsp.background.run_progress import CancelRun, RunProgress
from podium_lsp.blame.service import BlameService
from podium_lsp.diagnostics.findings import FindingDiagnostics
from podium_lsp.diagnostics.plan_files import PlanFiles, file_in
from podium_lsp.diagnostics.syntax import SyntaxDiagnostics
from podium_lsp.locations import LocatedFinding
from podium_lsp.session.documents import Document, Replacement, path_of
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session
from podium_lsp.virtual_documents import VirtualDocuments, virtual_document_of


class Workspace:
    """The watched projects of one editor, and the services that update the editor.

    Args:
        session: the editor, its documents and the open projects.
        cancel_run: cancels a run when the user cancels its progress.
    """

    def __init__(self, session: Session, cancel_run: CancelRun) -> None:
        self.session = session
        self.checks = SyntaxDiagnostics(session)
        self.virtual_documents = VirtualDocuments(session.client)
        self.blame = BlameService(session, self.checks)
        self.plan_files = PlanFiles(session)
        self._cancel_run = cancel_run
        self._watchers: dict[Path, ProjectWatcher] = {}

    # -- folders and projects

    async def look(self, folder: Path) -> Project | None:
        """Return the project at or above a folder and start to watch it."""
        project = await self.session.projects.find(folder)
        if project is None:
            return None
        if (known := self._watchers.get(project.root)) is not None:
            await known.ready.wait()
            return project
        watcher = self._watchers[project.root] = self._watch(project)
        await watcher.begin()
        return project

    def _watch(self, project: Project) -> ProjectWatcher:
        return ProjectWatcher(
            self.session,
            project,
            diagnostics=FindingDiagnostics(self.session, project, self.checks),
            runs=RunProgress(self.session, project, self._cancel_run),
            refresh=self._refresh,
            has_new_commits=self.blame.has_new_commits,
        )

    async def _refresh(self, project: Project) -> None:
        await self.plan_files.look_again(project)
        await self.virtual_documents.refresh(project)
        await self.session.client.refresh()

    async def look_everywhere(self) -> None:
        """Watch the projects in all folders of the editor and show all open documents."""
        for folder in self.session.client.folders:
            await self.look(folder)
        for document in self.session.documents:
            await self.opened(document)

    async def project_of(self, uri: str) -> Project | None:
        """Return the project that a document belongs to."""
        if (view := virtual_document_of(uri)) is not None:
            return await self.look(view.root)
        path = path_of(uri)
        if path is None:
            return None
        return self.known(path) or await self.look(path.parent)

    def known(self, path: Path) -> Project | None:
        """Return the project of a file if it is already watched; does not access the disk."""
        project = self.session.projects.known(path)
        return project if project is not None and project.root in self._watchers else None

    @property
    def watched(self) -> list[tuple[Project, ProjectWatcher]]:
        """Return the watched projects with their watchers."""
        rows = [(each, self._watchers.get(each.root)) for each in self.session.projects.all]
        return [(project, watcher) for project, watcher in rows if watcher is not None]

    async def some_project(self, uri: str = "") -> Project | None:
        """Return the project of a document, or else the first watched project, or None."""
        if uri and (project := await self.project_of(uri)) is not None:
            return project
        if not self.watched:
            await self.look_everywhere()
        return next((project for project, _ in self.watched), None)

    def watcher(self, project: Project) -> ProjectWatcher:
        """Return the watcher of a watched project."""
        return self._watchers[project.root]

    def next_change(self, root: Path) -> asyncio.Event:
        """Return the event that is set when a watched project changes next."""
        return self._watchers[root].next_change

    # -- documents

    async def opened(self, document: Document) -> None:
        """Show diagnostics for an opened document."""
        project = await self.project_of(document.uri)
        if project is None:
            return
        relative = self.relative(project, document.uri)
        if file_in(project, relative) is not None:
            await self.plan_files.look(project, document.uri, relative)
            return
        await self.watcher(project).diagnostics.show(relative)
        await self.checks.begin(document, project.root, relative)

    async def changed(self, uri: str) -> None:
        """Check a document again after an edit."""
        project = await self.project_of(uri)
        if project is None:
            return
        relative = self.relative(project, uri)
        if file_in(project, relative) is not None:
            await self.plan_files.look(project, uri, relative)
            return
        self.checks.touch(uri)
        await self.watcher(project).diagnostics.show_edited(relative)

    async def saved(self, uri: str) -> None:
        """Import a saved file of the store; check any other document again."""
        project = await self.project_of(uri)
        if project is None:
            return
        relative = self.relative(project, uri)
        if relative.startswith(".podium/"):
            await self.watcher(project).adopt()
        else:
            self.checks.touch(uri)

    async def closed(self, uri: str) -> None:
        """Show a closed document's diagnostics for the file on disk."""
        self.checks.end(uri)
        self.plan_files.end(uri)
        path = path_of(uri)
        project = self.known(path) if path else None
        if project is not None:
            await self.watcher(project).diagnostics.show_closed(self.relative(project, uri))

    def text_opened(self, document: Document) -> None:
        """Start tracking an opened document, before its first edit."""
        project = self.known(document.path) if document.path else None
        if project is not None:
            diagnostics = self.watcher(project).diagnostics
            diagnostics.opened(self.relative(project, document.uri), document.text)

    def edited(self, uri: str, replacements: list[Replacement]) -> None:
        """Apply an edit to the locations of findings and to the incremental parser."""
        self.checks.edited(uri, replacements)
        shifts = [each.shift for each in replacements]
        path = path_of(uri)
        project = self.known(path) if path else None
        if project is not None:
            self.watcher(project).diagnostics.shift_lines(self.relative(project, uri), shifts)

    def located(self, uri: str) -> tuple[LocatedFinding, ...]:
        """Return a document's findings with their current locations."""
        path = path_of(uri)
        project = self.known(path) if path else None
        if project is None:
            return ()
        return self.watcher(project).diagnostics.located(self.relative(project, uri))

    def relative(self, project: Project, uri: str) -> str:
        """Return a document's path in its project; for a virtual document, the path of its file."""
        if (view := virtual_document_of(uri)) is not None:
            return view.relative
        path = path_of(uri)
        return (project.relative(path) if path else None) or ""

    async def show_all(self) -> None:
        """Publish everything again, for instance after the settings changed."""
        for watcher in self._watchers.values():
            await watcher.diagnostics.show_all()
        for document in self.session.documents:
            self.checks.touch(document.uri)

    # -- shutdown

    async def close(self) -> None:
        """Stop all services and close the projects."""
        await self.checks.close()
        for watcher in self._watchers.values():
            watcher.end()
        self.session.projects.close()
