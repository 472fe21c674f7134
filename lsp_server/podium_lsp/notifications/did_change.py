"""`textDocument/didChange`: checks the document again."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace


async def handle(workspace: Workspace, params: t.DidChangeTextDocumentParams) -> None:
    """Check the document; the protocol has already applied the change."""
    await workspace.changed(params.text_document.uri)
