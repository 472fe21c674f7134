"""The editor: what it can do, and the questions that it is asked; must not know what about."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from lsprotocol import types as t

from podium_lsp.session.documents import path_of
from podium_lsp.session.text import Encoding

_LOG = logging.getLogger("podium_lsp.session.client")
_SHORT_SECONDS = 5.0


class RequestRefused(Exception):
    """The editor answered a request with an error."""


class EditorConnection(Protocol):
    """Sends messages to the editor."""

    @property
    def folder_uris(self) -> Sequence[str]:
        """Return the folders that the editor has open."""
        ...

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        ...

    def request(self, method: str, params: Any) -> Awaitable[Any]:
        """Send a request at once, and return what waits for its answer.

        Raises:
            RequestRefused: by the awaitable, when the editor answers with an error.
        """
        ...


class Client:
    """The editor's end of the connection.

    Args:
        connection: sends messages to it.
        approval_seconds: tells how long a person may take to answer.
    """

    def __init__(self, connection: EditorConnection, approval_seconds: Callable[[], float]) -> None:
        self._connection = connection
        self._approval_seconds = approval_seconds
        self._capabilities = t.ClientCapabilities()
        self.options: Any = None

    def learn(self, params: t.InitializeParams) -> None:
        """Remember what the editor can do."""
        self._capabilities = params.capabilities
        self.options = params.initialization_options

    def encoding(self, chosen: Any) -> Encoding:
        """Return what a column counts."""
        value = getattr(chosen, "value", chosen)
        return Encoding(value) if value in list(Encoding) else Encoding.UTF16

    # -- what it can do

    @property
    def has_progress(self) -> bool:
        """Tell whether it shows work that the server begins."""
        return bool(self._window and self._window.work_done_progress)

    @property
    def has_configuration(self) -> bool:
        """Tell whether it answers questions for settings."""
        return bool(self._workspace and self._workspace.configuration)

    @property
    def shows_documents(self) -> bool:
        """Tell whether it opens what the server asks it to open."""
        return bool(self._window and self._window.show_document)

    @property
    def refreshes_lenses(self) -> bool:
        """Tell whether it asks for lenses again when it is told to."""
        lenses = self._workspace and self._workspace.code_lens
        return bool(lenses and lenses.refresh_support)

    @property
    def refreshes_hints(self) -> bool:
        """Tell whether it asks for inlay hints again when it is told to."""
        hints = self._workspace and self._workspace.inlay_hint
        return bool(hints and hints.refresh_support)

    @property
    def registers_watchers(self) -> bool:
        """Tell whether it watches files on demand."""
        watching = self._workspace and self._workspace.did_change_watched_files
        return bool(watching and watching.dynamic_registration)

    @property
    def reads_contents(self) -> bool:
        """Tell whether it shows documents that no file holds, once it is told of their scheme."""
        contents = self._workspace and self._workspace.text_document_content
        return bool(contents and contents.dynamic_registration)

    @property
    def annotates_edits(self) -> bool:
        """Tell whether edits may carry versions and annotations.

        Some editors apply them and only say that they understand annotations.
        """
        edits = self._workspace and self._workspace.workspace_edit
        return bool(edits and (edits.document_changes or edits.change_annotation_support))

    @property
    def applies_edits(self) -> bool:
        """Tell whether it changes texts when the server asks it to."""
        return bool(self._workspace and self._workspace.apply_edit)

    @property
    def hears_changes(self) -> bool:
        """Tell whether it wants our own notification of changes, `podium/changed`."""
        match self._capabilities.experimental:
            case {"podium": {"changes": True}}:
                return True
            case _:
                return False

    @property
    def markup(self) -> t.MarkupKind:
        """Return how it wants what a hover says: most draw Markdown, some show text as it is."""
        document = self._capabilities.text_document
        formats = document and document.hover and document.hover.content_format
        plain = bool(formats) and t.MarkupKind.Markdown not in (formats or ())
        return t.MarkupKind.PlainText if plain else t.MarkupKind.Markdown

    @property
    def takes_literal_actions(self) -> bool:
        """Tell whether code actions may be more than commands."""
        document = self._capabilities.text_document
        actions = document and document.code_action
        return bool(actions and actions.code_action_literal_support)

    @property
    def folders(self) -> list[Path]:
        """Return the folders that it has open."""
        return [path for uri in self._connection.folder_uris if (path := path_of(uri)) is not None]

    # -- what it is sent

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._connection.notify(method, params)

    async def ask(self, method: str, params: Any, seconds: float = _SHORT_SECONDS) -> Any:
        """Return the editor's answer, or None when it refuses or does not answer in time."""
        future = asyncio.ensure_future(self._connection.request(method, params))
        # Waiting leaves the question open, so an answer that comes too late finds its place.
        done, _ = await asyncio.wait([future], timeout=seconds)
        if not done:
            future.add_done_callback(_looked_at)
            return None
        if future.cancelled() or (error := future.exception()) is None:
            return None if future.cancelled() else future.result()
        if not isinstance(error, RequestRefused):
            raise error
        _LOG.info("the editor rejected %s: %s", method, error)
        return None

    async def choose(self, question: str, answers: Sequence[str]) -> str | None:
        """Let the person choose; None when they close the question or take too long.

        Cancelled, it leaves the question open: the protocol cannot take one back, and an answer
        that comes afterwards counts for nothing.
        """
        actions = [t.MessageActionItem(title=each) for each in answers]
        params = t.ShowMessageRequestParams(
            type=t.MessageType.Info, message=question, actions=actions
        )
        seconds = self._approval_seconds()
        chosen = await self.ask(t.WINDOW_SHOW_MESSAGE_REQUEST, params, seconds)
        title = getattr(chosen, "title", None)
        return title if title in answers else None

    async def show(self, uri: str) -> bool:
        """Open a document in the editor; tell whether that worked."""
        if not self.shows_documents:
            return False
        params = t.ShowDocumentParams(uri=uri, take_focus=True)
        answer = await self.ask(t.WINDOW_SHOW_DOCUMENT, params)
        return bool(getattr(answer, "success", False))

    async def apply_edit(self, edit: t.WorkspaceEdit, label: str) -> bool:
        """Have an edit applied that the person may see first; tell what the editor says of it."""
        params = t.ApplyWorkspaceEditParams(edit=edit, label=label)
        seconds = self._approval_seconds()
        answer = await self.ask(t.WORKSPACE_APPLY_EDIT, params, seconds)
        return bool(getattr(answer, "applied", False))

    async def register_watchers(self, globs: Sequence[str]) -> None:
        """Ask the editor to watch files."""
        watchers = [t.FileSystemWatcher(glob_pattern=each) for each in globs]
        options = t.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        await self._register("podium-files", t.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)

    async def register_contents(self, scheme: str) -> None:
        """Have the editor ask us for the documents of a scheme."""
        options = t.TextDocumentContentRegistrationOptions(schemes=[scheme])
        await self._register("podium-contents", t.WORKSPACE_TEXT_DOCUMENT_CONTENT, options)

    async def _register(self, name: str, method: str, options: Any) -> None:
        registration = t.Registration(id=name, method=method, register_options=options)
        params = t.RegistrationParams(registrations=[registration])
        await self.ask(t.CLIENT_REGISTER_CAPABILITY, params)

    async def refresh(self) -> None:
        """Let the editor ask for lenses and hints again."""
        if self.refreshes_lenses:
            await self.ask(t.WORKSPACE_CODE_LENS_REFRESH, None)
        if self.refreshes_hints:
            await self.ask(t.WORKSPACE_INLAY_HINT_REFRESH, None)

    @property
    def _window(self) -> t.WindowClientCapabilities | None:
        return self._capabilities.window

    @property
    def _workspace(self) -> t.WorkspaceClientCapabilities | None:
        return self._capabilities.workspace


def _looked_at(future: "asyncio.Future[Any]") -> None:
    """Take notice of a late answer, so that nobody complains that nobody did."""
    if not future.cancelled():
        future.exception()
