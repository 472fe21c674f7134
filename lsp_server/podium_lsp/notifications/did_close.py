"""`textDocument/didClose`: shows the diagnostics of the file on disk."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidCloseTextDocumentParams) -> None:
    """Stop following the document."""
    await workspace.closed(params.text_document.uri)
