"""`textDocument/hover`: fields and tasks in plan files, and per-function blame elsewhere."""

from lsprotocol import types as t

from podium.model import layout
from podium.operations.work.blame import Blamed
from podium_lsp.blame.render import render_hover
from podium_lsp.convert import to_hover
from podium_lsp.plan_language.hover import hover_at
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.projects import Project
from podium_lsp.session.text import Span, Text


async def handle(snapshot: DocumentSnapshot, params: t.HoverParams) -> t.Hover | None:
    """Return the hover at a position."""
    file = snapshot.plan_file()
    if file is None:
        return await _function(snapshot, params)
    offset = snapshot.offset_of(params.position)
    found = hover_at(file, snapshot.text, offset, await snapshot.context(file))
    return _hover(snapshot, *found) if found else None


async def _function(snapshot: DocumentSnapshot, params: t.HoverParams) -> t.Hover | None:
    """Return the blame for a function if the position is in its header, or else None."""
    line = snapshot.text.core_line_of(snapshot.offset_of(params.position))
    rows = await snapshot.blamed()
    blamed = next((each for each in reversed(rows) if each.line <= line <= each.name_line), None)
    if blamed is None:
        return None
    content = render_hover(blamed, _task_uri(snapshot.project, blamed))
    return _hover(snapshot, content, _head(snapshot.text, blamed))


def _hover(snapshot: DocumentSnapshot, content: str, span: Span) -> t.Hover:
    return to_hover(content, span, snapshot.text, snapshot.encoding, snapshot.client.markup)


def _task_uri(project: Project, blamed: Blamed) -> str:
    key = layout.task(blamed.maker.plan_id, blamed.maker.task_id)
    return project.uri(f".podium/{key.path}") if blamed.maker.title else ""


def _head(text: Text, blamed: Blamed) -> Span:
    line = text.core_line(blamed.name_line)
    start = text.core_offset(blamed.name_line, 1)
    return Span(start + len(line) - len(line.lstrip()), start + len(line))
