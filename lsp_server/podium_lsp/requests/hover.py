"""`textDocument/hover`: fields and tasks in plan files."""

from lsprotocol import types as t

from podium_lsp.asked import offset_of, plan_file_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.reading import hover_at
from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.HoverParams) -> t.Hover | None:
    """Return what a person is told of the place."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return None
    text = asked.document.text
    offset = offset_of(server, asked.document, params.position)
    found = hover_at(asked.file, text, offset, await asked.around())
    if found is None:
        return None
    words, span = found
    content = t.MarkupContent(kind=t.MarkupKind.Markdown, value=words)
    return t.Hover(contents=content, range=to_range(text, span, server.documents.encoding))
