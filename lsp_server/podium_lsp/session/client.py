"""The editor's capabilities, and the requests that the server sends to it."""

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
    """The transport that sends messages to the editor."""

    @property
    def folder_uris(self) -> Sequence[str]:
        """Return the folders that the editor has open."""
        ...

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        ...

    def request(self, method: str, params: Any) -> Awaitable[Any]:
        """Send a request immediately and return an awaitable for its response.

        Raises:
            RequestRefused: when awaited, if the editor responds with an error.
        """
        ...


class Client:
    """The connected editor.

    Args:
        connection: sends messages to the editor.
        approval_seconds: returns how many seconds the user has to answer a question.
    """

    def __init__(self, connection: EditorConnection, approval_seconds: Callable[[], float]) -> None:
        self._connection = connection
        self._approval_seconds = approval_seconds
        self._capabilities = t.ClientCapabilities()
        self.options: Any = None

    def learn(self, params: t.InitializeParams) -> None:
        """Remember the editor's capabilities and initialization options."""
        self._capabilities = params.capabilities
        self.options = params.initialization_options

    def encoding(self, chosen: Any) -> Encoding:
        """Return the position encoding that was negotiated, UTF-16 by default."""
        value = getattr(chosen, "value", chosen)
        return Encoding(value) if value in list(Encoding) else Encoding.UTF16

    # -- capabilities

    @property
    def has_progress(self) -> bool:
        """Return whether the editor shows progress that the server starts."""
        return bool(self._window and self._window.work_done_progress)

    @property
    def has_configuration(self) -> bool:
        """Return whether the server can request settings from the editor."""
        return bool(self._workspace and self._workspace.configuration)

    @property
    def shows_documents(self) -> bool:
        """Return whether the server can ask the editor to open a document."""
        return bool(self._window and self._window.show_document)

    @property
    def refreshes_lenses(self) -> bool:
        """Return whether the editor supports `workspace/codeLens/refresh`."""
        lenses = self._workspace and self._workspace.code_lens
        return bool(lenses and lenses.refresh_support)

    @property
    def refreshes_hints(self) -> bool:
        """Return whether the editor supports `workspace/inlayHint/refresh`."""
        hints = self._workspace and self._workspace.inlay_hint
        return bool(hints and hints.refresh_support)

    @property
    def registers_watchers(self) -> bool:
        """Return whether file watchers can be registered dynamically."""
        watching = self._workspace and self._workspace.did_change_watched_files
        return bool(watching and watching.dynamic_registration)

    @property
    def reads_contents(self) -> bool:
        """Return whether the editor can display virtual documents of a registered scheme."""
        contents = self._workspace and self._workspace.text_document_content
        return bool(contents and contents.dynamic_registration)

    @property
    def annotates_edits(self) -> bool:
        """Return whether edits may contain document versions and change annotations.

        Some editors support both but announce only annotations.
        """
        edits = self._workspace and self._workspace.workspace_edit
        return bool(edits and (edits.document_changes or edits.change_annotation_support))

    @property
    def applies_edits(self) -> bool:
        """Return whether the editor supports `workspace/applyEdit`."""
        return bool(self._workspace and self._workspace.apply_edit)

    @property
    def hears_changes(self) -> bool:
        """Return whether the editor wants Podium's own notification, `podium/changed`."""
        match self._capabilities.experimental:
            case {"podium": {"changes": True}}:
                return True
            case _:
                return False

    @property
    def markup(self) -> t.MarkupKind:
        """Return the markup kind for hovers: Markdown, unless only plain text is accepted."""
        document = self._capabilities.text_document
        formats = document and document.hover and document.hover.content_format
        plain = bool(formats) and t.MarkupKind.Markdown not in (formats or ())
        return t.MarkupKind.PlainText if plain else t.MarkupKind.Markdown

    @property
    def takes_literal_actions(self) -> bool:
        """Return whether the editor accepts `CodeAction` literals, not only commands."""
        document = self._capabilities.text_document
        actions = document and document.code_action
        return bool(actions and actions.code_action_literal_support)

    @property
    def folders(self) -> list[Path]:
        """Return the folders that are open in the editor."""
        return [path for uri in self._connection.folder_uris if (path := path_of(uri)) is not None]

    # -- requests and notifications

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._connection.notify(method, params)

    async def ask(self, method: str, params: Any, seconds: float = _SHORT_SECONDS) -> Any:
        """Return the editor's response, or None if it is an error or does not arrive in time."""
        future = asyncio.ensure_future(self._connection.request(method, params))
        # `wait` does not cancel the request on timeout, so a late response still has a future.
        done, _ = await asyncio.wait([future], timeout=seconds)
        if not done:
            future.add_done_callback(_retrieve_error)
            return None
        if future.cancelled() or (error := future.exception()) is None:
            return None if future.cancelled() else future.result()
        if not isinstance(error, RequestRefused):
            raise error
        _LOG.info("the editor rejected %s: %s", method, error)
        return None

    async def choose(self, question: str, answers: Sequence[str]) -> str | None:
        """Ask the user to choose an answer; None if they close the question or take too long.

        Cancelling this leaves the question on screen, because the protocol cannot withdraw it; a
        later answer is ignored.
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
        """Open a document in the editor and return whether that succeeded."""
        if not self.shows_documents:
            return False
        params = t.ShowDocumentParams(uri=uri, take_focus=True)
        answer = await self.ask(t.WINDOW_SHOW_DOCUMENT, params)
        return bool(getattr(answer, "success", False))

    async def apply_edit(self, edit: t.WorkspaceEdit, label: str) -> bool:
        """Ask the editor to apply an edit and return whether it reports success.

        The user may review the edit first, so this waits as long as it would for an answer.
        """
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
        """Register the server as the source of documents with a URI scheme."""
        options = t.TextDocumentContentRegistrationOptions(schemes=[scheme])
        await self._register("podium-contents", t.WORKSPACE_TEXT_DOCUMENT_CONTENT, options)

    async def _register(self, name: str, method: str, options: Any) -> None:
        registration = t.Registration(id=name, method=method, register_options=options)
        params = t.RegistrationParams(registrations=[registration])
        await self.ask(t.CLIENT_REGISTER_CAPABILITY, params)

    async def refresh(self) -> None:
        """Ask the editor to request code lenses and inlay hints again."""
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


def _retrieve_error(future: "asyncio.Future[Any]") -> None:
    """Retrieve a late error, so that asyncio does not log that it was never retrieved."""
    if not future.cancelled():
        future.exception()
