"""The table of methods: which module answers what, and what the editor is told of it.

A module is loaded when its method is first called: the editor waits for the first answer.
"""

from collections.abc import Mapping
from typing import Any

from lsprotocol import types as t

_SYNC_SAVE = t.SaveOptions(include_text=False)

REQUESTS: Mapping[str, tuple[str, Any]] = {
    t.TEXT_DOCUMENT_CODE_ACTION: (
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
    t.TEXT_DOCUMENT_CODE_LENS: ("code_lens", t.CodeLensOptions()),
    t.TEXT_DOCUMENT_COMPLETION: (
        "completion",
        t.CompletionOptions(trigger_characters=['"', ":", " "]),
    ),
    t.TEXT_DOCUMENT_DEFINITION: ("definition", None),
    t.TEXT_DOCUMENT_DOCUMENT_SYMBOL: ("document_symbol", None),
    t.TEXT_DOCUMENT_FOLDING_RANGE: ("folding_range", None),
    t.TEXT_DOCUMENT_FORMATTING: ("formatting", None),
    t.TEXT_DOCUMENT_HOVER: ("hover", None),
    t.TEXT_DOCUMENT_INLAY_HINT: ("inlay_hint", t.InlayHintOptions()),
    t.TEXT_DOCUMENT_REFERENCES: ("references", None),
    # The library knows no capability for it: it is registered where the editor allows that.
    t.WORKSPACE_TEXT_DOCUMENT_CONTENT: ("text_document_content", None),
    t.WORKSPACE_SYMBOL: ("workspace_symbol", t.WorkspaceSymbolOptions()),
}
"""Method to the module below `requests` and its options."""

NOTIFICATIONS: Mapping[str, tuple[str, Any]] = {
    t.INITIALIZED: ("initialized", None),
    t.SET_TRACE: ("set_trace", None),
    t.TEXT_DOCUMENT_DID_OPEN: ("did_open", None),
    t.TEXT_DOCUMENT_DID_CHANGE: ("did_change", None),
    t.TEXT_DOCUMENT_DID_CLOSE: ("did_close", None),
    t.TEXT_DOCUMENT_DID_SAVE: ("did_save", _SYNC_SAVE),
    t.WINDOW_WORK_DONE_PROGRESS_CANCEL: ("work_done_progress_cancel", None),
    t.WORKSPACE_DID_CHANGE_CONFIGURATION: ("did_change_configuration", None),
    t.WORKSPACE_DID_CHANGE_WATCHED_FILES: ("did_change_watched_files", None),
    t.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: ("did_change_workspace_folders", None),
}
"""Method to the module below `notifications` and its options."""
