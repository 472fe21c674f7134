"""`textDocument/didOpen`: what is known of the text is shown."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidOpenTextDocumentParams) -> None:
    """Show findings and problems of the text; the protocol holds it already."""
    document = workspace.session.documents.get(params.text_document.uri)
    if document is not None:
        await workspace.opened(document)
