"""`textDocument/didClose`: what is shown is what the disk holds."""

from lsprotocol import types as t

from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.DidCloseTextDocumentParams) -> None:
    """Forget the text."""
    await server.workroom.closed(params.text_document.uri)
