"""`textDocument/didChange`: the text is looked at again."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workroom


async def handle(workroom: Workroom, params: t.DidChangeTextDocumentParams) -> None:
    """Check the text as it is now; the protocol has taken the change in."""
    await workroom.changed(params.text_document.uri)
