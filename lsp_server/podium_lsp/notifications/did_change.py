"""`textDocument/didChange`: the text is looked at again."""

from lsprotocol import types as t

from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.DidChangeTextDocumentParams) -> None:
    """Check the text as it is now; the protocol has taken the change in."""
    await server.workroom.changed(params.text_document.uri)
