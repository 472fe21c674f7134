"""`textDocument/didSave`: a saved plan file becomes the store's."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workroom


async def handle(workroom: Workroom, params: t.DidSaveTextDocumentParams) -> None:
    """Take over what was saved."""
    await workroom.saved(params.text_document.uri)
