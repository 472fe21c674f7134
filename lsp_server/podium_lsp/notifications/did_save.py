"""`textDocument/didSave`: imports a saved plan file into the store."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidSaveTextDocumentParams) -> None:
    """Handle a saved file."""
    await workspace.saved(params.text_document.uri)
