"""`textDocument/references`: every place of a plan that names a task."""

from collections.abc import Iterator

import anyio.to_thread
from lsprotocol import types as t

from podium.model import layout
from podium.model.plans import Plan
from podium_lsp.asked import Asked, offset_of, plan_file_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.kinds import Kind, PlanFile, plan_file
from podium_lsp.plan_language.naming import name_at, task_names
from podium_lsp.server import PodiumServer
from podium_lsp.text import Text


async def handle(server: PodiumServer, params: t.ReferenceParams) -> list[t.Location]:
    """Return the places; the task's own id only when the editor asks for it."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return []
    offset = offset_of(server, asked.document, params.position)
    named = name_at(asked.file, asked.document.text, offset)
    if named is None:
        return []
    plan = (await asked.around()).plan
    texts = await anyio.to_thread.run_sync(_texts, server, asked, plan)
    own = params.context.include_declaration
    encoding = server.documents.encoding
    return [
        t.Location(uri=uri, range=to_range(text, each.span, encoding))
        for uri, file, text in texts
        for each in task_names(file, text)
        if each.task_id == named.task_id and (own or not each.is_own)
    ]


_Row = tuple[str, PlanFile, Text]


def _texts(server: PodiumServer, asked: Asked, plan: Plan | None) -> list[_Row]:
    """Return the text at hand, and the files of its plan."""
    rows: list[_Row] = []
    if asked.file.kind not in (Kind.PLAN, Kind.TASK):
        rows.append((asked.document.uri, asked.file, asked.document.text))
    if plan is not None:
        keys = [layout.plan_header(plan.id).path]
        keys += [layout.task(plan.id, each.id).path for each in plan.tasks]
        rows += [row for key in keys for row in _text(server, asked, f".podium/{key}")]
    return rows


def _text(server: PodiumServer, asked: Asked, relative: str) -> Iterator[_Row]:
    uri = asked.project.uri(relative)
    file = plan_file(relative)
    assert file, "it is a plan's"
    document = server.documents.get(uri)
    if document is not None:
        yield uri, file, document.text
        return
    try:
        yield uri, file, Text((asked.project.root / relative).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return
