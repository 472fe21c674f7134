"""`textDocument/didChange`: the text is looked at again."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidChangeTextDocumentParams) -> None:
    """Check the text as it is now; the protocol has taken the change in."""
    await workspace.changed(params.text_document.uri)
