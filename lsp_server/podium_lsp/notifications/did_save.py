"""`textDocument/didSave`: a saved plan file becomes the store's."""

from lsprotocol import types as t

from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.DidSaveTextDocumentParams) -> None:
    """Take over what was saved."""
    await server.workroom.saved(params.text_document.uri)
