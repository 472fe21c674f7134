"""`textDocument/didClose`: what is shown is what the disk holds."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidCloseTextDocumentParams) -> None:
    """Forget the text."""
    await workspace.closed(params.text_document.uri)
