"""Read-only documents of plans and runs, which are kept up to date.

An editor that supports `workspace/textDocumentContent` reads them under the `podium` scheme and is
notified of changes. For other editors they are files in a folder that git ignores, rewritten
whenever they change.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import anyio
import anyio.to_thread
from lsprotocol import types as t

from podium.app.own_files import write_own_file
from podium.errors import PathOutsideWorkspace, PodiumError, StorageError
from podium.model.base import Frozen
from podium.model.paths import path_problem
from podium_lsp.session.client import Client
from podium_lsp.session.projects import Project

_LOG = logging.getLogger("podium_lsp.virtual_documents")
SCHEME = "podium"
FOLDER = ".podium/run/views"
_MOST_KEPT = 50


class VirtualKind(StrEnum):
    """The kind of a document: a plan or the report of a run."""

    PLAN = "plan"
    RUN = "run"


_OPERATIONS: Mapping[VirtualKind, tuple[str, str]] = {
    VirtualKind.PLAN: ("plan.show", "plan"),
    VirtualKind.RUN: ("run.report", "run"),
}
"""The operation whose result is shown, and its parameter."""


@dataclass(frozen=True)
class VirtualDocument:
    """A read-only document.

    Args:
        kind: the kind of the document.
        name: the plan's or the run's id.
        root: the project's folder.
    """

    kind: VirtualKind
    name: str
    root: Path

    @property
    def uri(self) -> str:
        """Return the document's URI; editors show the last segment as the tab's title."""
        return f"{SCHEME}:/{self.kind}/{self.name}.md?{quote(str(self.root))}"

    @property
    def relative(self) -> str:
        """Return the path of the file that replaces it in editors without virtual documents."""
        return f"{FOLDER}/{self.name}.md"


def virtual_document_of(uri: str) -> VirtualDocument | None:
    """Return the document that a URI identifies, however it is escaped, or None."""
    parts = urlsplit(uri)
    kind, _, file = unquote(parts.path).removeprefix("/").partition("/")
    root = unquote(parts.query)
    if parts.scheme != SCHEME or kind not in list(VirtualKind) or not file.endswith(".md"):
        return None
    return (
        VirtualDocument(VirtualKind(kind), file.removesuffix(".md"), Path(root)) if root else None
    )


class VirtualDocuments:
    """The documents that an editor has open, kept up to date.

    Args:
        client: the editor.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._given: OrderedDict[str, tuple[VirtualDocument, str]] = OrderedDict()
        self._stale: set[str] = set()

    async def open(self, project: Project, kind: VirtualKind, name: str) -> str:
        """Create a document and return its URI.

        Raises:
            PlanNotFound, RunNotFound: the plan or run does not exist.
            StorageError: the file cannot be written.
            PathOutsideWorkspace: its folder is a symlink.
        """
        view = VirtualDocument(kind, name, project.root)
        text = await _text(project, view)
        if self._client.reads_contents:
            return view.uri
        await anyio.to_thread.run_sync(_write, project.root, view, text)
        uri = project.uri(view.relative)
        self._keep(uri, view, text)
        return uri

    async def content(self, project: Project, view: VirtualDocument, uri: str) -> str:
        """Return the text of a document with the `podium` scheme.

        Raises:
            PlanNotFound, RunNotFound: the plan or run does not exist.
        """
        text = await _text(project, view)
        self._keep(uri, view, text)
        return text

    async def refresh(self, project: Project) -> None:
        """Notify the editor of changed documents in a project, or rewrite their files."""
        for uri, (view, before) in list(self._given.items()):
            # The editor did not read a stale document again, so it is no longer open.
            if view.root != project.root or uri in self._stale:
                continue
            try:
                text = await _text(project, view)
                if _digest(text) != before:
                    await self._change(project, uri, view, text)
            except PodiumError as error:
                _LOG.info("%s: %s", uri, error)
                self._given.pop(uri, None)

    async def _change(self, project: Project, uri: str, view: VirtualDocument, text: str) -> None:
        if virtual_document_of(uri) is None:
            await anyio.to_thread.run_sync(_write, project.root, view, text)
            self._keep(uri, view, text)
            return
        self._stale.add(uri)
        params = t.TextDocumentContentRefreshParams(uri=uri)
        await self._client.ask(t.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH, params)

    def _keep(self, uri: str, view: VirtualDocument, text: str) -> None:
        self._given[uri] = (view, _digest(text))
        self._given.move_to_end(uri)
        self._stale.discard(uri)
        while len(self._given) > _MOST_KEPT:
            self._stale.discard(self._given.popitem(last=False)[0])


def write_readable(root: Path, name: str, text: str) -> Path:
    """Write text to a file in a folder that git ignores, and return its path.

    Raises:
        StorageError: the file cannot be written.
    """
    path = root / FOLDER / name
    try:
        write_own_file(path, text.encode())
    except OSError as error:
        raise StorageError(f"{name} cannot be written", why=error.strerror or "") from error
    return path


def _write(root: Path, view: VirtualDocument, text: str) -> None:
    write_readable(root, f"{view.name}.md", text)


async def _text(project: Project, view: VirtualDocument) -> str:
    # A URI may contain any text, and an empty name would refer to the newest plan.
    if (problem := path_problem(view.name)) is not None:
        raise PathOutsideWorkspace(f"{view.name!r} is not the name of a {view.kind}", why=problem)
    operation_id, parameter = _OPERATIONS[view.kind]
    result = await project.ask(operation_id, **{parameter: view.name})
    return await anyio.to_thread.run_sync(_markdown, result)


def _markdown(result: Frozen) -> str:
    # Imported here because it loads the results of all operations; few sessions need them.
    from podium.operations.rendering import markdown

    return markdown(result)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
