"""The table of LSP methods: the module that handles each, its scope and its registration options.

A module is imported when its method is first called, to keep `initialize` fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from lsprotocol import types as t


class Scope(Enum):
    """The first argument of a handler, which gives it only what it needs."""

    SESSION = auto()
    WORKSPACE = auto()
    DOCUMENT = auto()
    """The snapshot of the open document to which the parameters refer."""


@dataclass(frozen=True)
class Method:
    """How one method is handled.

    Args:
        module: the handler's module in `requests` or `notifications`.
        options: the registration options, or None.
        scope: the handler's first argument.
        without_document: the result if the document is not open or not in a project.
    """

    module: str
    options: Any = None
    scope: Scope = Scope.WORKSPACE
    without_document: Any = None


def _about_text(module: str, options: Any = None, without_document: Any = None) -> Method:
    return Method(module, options, Scope.DOCUMENT, without_document)


REQUESTS: Mapping[str, Method] = {
    t.TEXT_DOCUMENT_CODE_ACTION: _about_text(
        "code_action",
        t.CodeActionOptions(
            code_action_kinds=[
                t.CodeActionKind.QuickFix,
                t.CodeActionKind.Refactor,
                t.CodeActionKind.Source,
                t.CodeActionKind.SourceFixAll,
            ]
        ),
    ),
    t.TEXT_DOCUMENT_CODE_LENS: _about_text("code_lens", t.CodeLensOptions()),
    t.TEXT_DOCUMENT_COMPLETION: _about_text(
        "completion", t.CompletionOptions(trigger_characters=['"', ":", " "])
    ),
    t.TEXT_DOCUMENT_DEFINITION: _about_text("definition"),
    t.TEXT_DOCUMENT_DOCUMENT_SYMBOL: _about_text("document_symbol"),
    t.TEXT_DOCUMENT_FOLDING_RANGE: _about_text("folding_range"),
    t.TEXT_DOCUMENT_FORMATTING: _about_text("formatting"),
    t.TEXT_DOCUMENT_HOVER: _about_text("hover"),
    t.TEXT_DOCUMENT_INLAY_HINT: _about_text("inlay_hint", t.InlayHintOptions()),
    t.TEXT_DOCUMENT_REFERENCES: _about_text("references", without_document=[]),
    # pygls has no capability for this method, so it is registered dynamically if the editor allows
    # it.
    t.WORKSPACE_TEXT_DOCUMENT_CONTENT: Method("text_document_content"),
    t.WORKSPACE_SYMBOL: Method("workspace_symbol", t.WorkspaceSymbolOptions()),
}

NOTIFICATIONS: Mapping[str, Method] = {
    t.INITIALIZED: Method("initialized"),
    t.SET_TRACE: Method("set_trace", scope=Scope.SESSION),
    t.TEXT_DOCUMENT_DID_OPEN: Method("did_open"),
    t.TEXT_DOCUMENT_DID_CHANGE: Method("did_change"),
    t.TEXT_DOCUMENT_DID_CLOSE: Method("did_close"),
    t.TEXT_DOCUMENT_DID_SAVE: Method("did_save", t.SaveOptions(include_text=False)),
    t.WINDOW_WORK_DONE_PROGRESS_CANCEL: Method("work_done_progress_cancel", scope=Scope.SESSION),
    t.WORKSPACE_DID_CHANGE_CONFIGURATION: Method("did_change_configuration"),
    t.WORKSPACE_DID_CHANGE_WATCHED_FILES: Method("did_change_watched_files"),
    t.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: Method("did_change_workspace_folders"),
}
