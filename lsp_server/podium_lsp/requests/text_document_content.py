"""`workspace/textDocumentContent`: plans and reports as virtual documents."""

from lsprotocol import types as t

from podium.errors import ProjectNotFound, ValidationError
from podium_lsp.background.workspace import Workspace
from podium_lsp.virtual_documents import virtual_document_of


async def handle(
    workspace: Workspace, params: t.TextDocumentContentParams
) -> t.TextDocumentContentResult:
    """Return the current text of a virtual document."""
    view = virtual_document_of(params.uri)
    if view is None:
        raise ValidationError(f"{params.uri} is not the URI of a Podium document")
    project = await workspace.look(view.root)
    if project is None or project.root != view.root:
        raise ProjectNotFound(f"{view.root} is not a Podium project")
    return t.TextDocumentContentResult(
        text=await workspace.virtual_documents.content(project, view, params.uri)
    )
