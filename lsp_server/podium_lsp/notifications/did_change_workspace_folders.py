"""`workspace/didChangeWorkspaceFolders`: watches added folders, keeps watching removed ones."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace
from podium_lsp.session.documents import path_of


async def handle(workspace: Workspace, params: t.DidChangeWorkspaceFoldersParams) -> None:
    """Watch the projects in the added folders."""
    for folder in params.event.added:
        if (path := path_of(folder.uri)) is not None:
            await workspace.look(path)
