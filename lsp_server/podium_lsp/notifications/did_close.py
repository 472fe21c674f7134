"""`textDocument/didClose`: what is shown is what the disk holds."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workroom


async def handle(workroom: Workroom, params: t.DidCloseTextDocumentParams) -> None:
    """Forget the text."""
    await workroom.closed(params.text_document.uri)
