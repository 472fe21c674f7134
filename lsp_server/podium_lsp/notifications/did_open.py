"""`textDocument/didOpen`: what is known of the text is shown."""

from lsprotocol import types as t

from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.DidOpenTextDocumentParams) -> None:
    """Show findings and problems of the text; the protocol holds it already."""
    document = server.documents.get(params.text_document.uri)
    if document is not None:
        await server.workroom.opened(document)
