"""`textDocument/didOpen`: shows the diagnostics of the document."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidOpenTextDocumentParams) -> None:
    """Show the document's diagnostics; the protocol has already stored the document."""
    document = workspace.session.documents.get(params.text_document.uri)
    if document is not None:
        await workspace.opened(document)
