"""`textDocument/hover`: fields and tasks in plan files, and which task last changed a function."""

from lsprotocol import types as t

from podium.model import layout
from podium.provenance.blame import Blamed
from podium_lsp.asked import offset_of, plan_file_of
from podium_lsp.blame_words import hover_words
from podium_lsp.convert import to_hover
from podium_lsp.plan_language.reading import hover_at
from podium_lsp.projects import Project
from podium_lsp.server import PodiumServer
from podium_lsp.text import Span, Text


async def handle(server: PodiumServer, params: t.HoverParams) -> t.Hover | None:
    """Return what a person is told of the place."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return await _function(server, params)
    text = asked.document.text
    offset = offset_of(server, asked.document, params.position)
    found = hover_at(asked.file, text, offset, await asked.around())
    return _told(server, text, *found) if found else None


async def _function(server: PodiumServer, params: t.HoverParams) -> t.Hover | None:
    """Tell of the function whose name or decorators are looked at; inside of it nothing is told."""
    document = server.documents.get(params.text_document.uri)
    project = await server.workroom.project_of(params.text_document.uri) if document else None
    if document is None or project is None:
        return None
    line = document.text.core_line_of(offset_of(server, document, params.position))
    rows = await server.workroom.blames.of(project, document)
    blamed = next((each for each in reversed(rows) if each.line <= line <= each.name_line), None)
    if blamed is None:
        return None
    words = hover_words(blamed, _task_uri(project, blamed))
    return _told(server, document.text, words, _head(document.text, blamed))


def _told(server: PodiumServer, text: Text, words: str, span: Span) -> t.Hover:
    return to_hover(words, span, text, server.documents.encoding, server.client.markup)


def _task_uri(project: Project, blamed: Blamed) -> str:
    key = layout.task(blamed.maker.plan_id, blamed.maker.task_id)
    return project.uri(f".podium/{key.path}") if blamed.maker.title else ""


def _head(text: Text, blamed: Blamed) -> Span:
    line = text.core_line(blamed.name_line)
    start = text.core_offset(blamed.name_line, 1)
    return Span(start + len(line) - len(line.lstrip()), start + len(line))
