"""`workspace/didChangeWatchedFiles`: finds new projects and imports edited plan files."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace
from podium_lsp.session.documents import path_of


async def handle(workspace: Workspace, params: t.DidChangeWatchedFilesParams) -> None:
    """Import the changes, once per project."""
    folders = {path.parent for each in params.changes if (path := path_of(each.uri)) is not None}
    projects = [await workspace.look(folder) for folder in folders]
    for project in {each.root: each for each in projects if each is not None}.values():
        await workspace.watcher(project).adopt()
