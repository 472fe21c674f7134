"""`textDocument/references`: all references to a task in a plan's files."""

from collections.abc import Iterator

import anyio.to_thread
from lsprotocol import types as t

from podium.model import layout
from podium.model.plans import Plan
from podium_lsp.convert import to_range
from podium_lsp.plan_language.file_kinds import Kind, PlanFile, plan_file
from podium_lsp.plan_language.task_names import name_at, task_names
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.text import Text


async def handle(snapshot: DocumentSnapshot, params: t.ReferenceParams) -> list[t.Location]:
    """Return the references, and the task's definition if the editor asks for it."""
    file = snapshot.plan_file()
    if file is None:
        return []
    offset = snapshot.offset_of(params.position)
    named = name_at(file, snapshot.text, offset)
    if named is None:
        return []
    plan = (await snapshot.context(file)).plan
    texts = await anyio.to_thread.run_sync(_texts, snapshot, file, plan)
    own = params.context.include_declaration
    encoding = snapshot.encoding
    return [
        t.Location(uri=uri, range=to_range(text, each.span, encoding))
        for uri, file, text in texts
        for each in task_names(file, text)
        if each.task_id == named.task_id and (own or not each.is_own)
    ]


_Row = tuple[str, PlanFile, Text]


def _texts(snapshot: DocumentSnapshot, file: PlanFile, plan: Plan | None) -> list[_Row]:
    """Return the files to search: the current one and its plan's files."""
    rows: list[_Row] = []
    if file.kind not in (Kind.PLAN, Kind.TASK):
        rows.append((snapshot.document.uri, file, snapshot.text))
    if plan is not None:
        keys = [layout.plan_header(plan.id).path]
        keys += [layout.task(plan.id, each.id).path for each in plan.tasks]
        rows += [row for key in keys for row in _text(snapshot, f".podium/{key}")]
    return rows


def _text(snapshot: DocumentSnapshot, relative: str) -> Iterator[_Row]:
    file = plan_file(relative)
    assert file, "it is the path of a plan file"
    if (text := snapshot.read(relative)) is not None:
        yield snapshot.project.uri(relative), file, text
