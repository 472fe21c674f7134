"""`textDocument/didSave`: a saved plan file becomes the store's."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidSaveTextDocumentParams) -> None:
    """Take over what was saved."""
    await workspace.saved(params.text_document.uri)
