"""`textDocument/definition`: goes from a task's id to its definition."""

from lsprotocol import types as t

from podium.model import layout
from podium_lsp.convert import to_range
from podium_lsp.plan_language.task_names import name_at, task_names
from podium_lsp.requests.snapshot import DocumentSnapshot


async def handle(snapshot: DocumentSnapshot, params: t.DefinitionParams) -> t.Location | None:
    """Return the definition of the task at a position."""
    file = snapshot.plan_file()
    if file is None:
        return None
    text = snapshot.text
    named = name_at(file, text, snapshot.offset_of(params.position))
    if named is None:
        return None
    for each in task_names(file, text):
        if each.is_own and each.task_id == named.task_id:
            place = to_range(text, each.span, snapshot.encoding)
            return t.Location(uri=params.text_document.uri, range=place)
    plan = (await snapshot.context(file)).plan
    if plan is None or all(task.id != named.task_id for task in plan.tasks):
        return None
    key = layout.task(plan.id, named.task_id)
    start = t.Position(line=0, character=0)
    uri = snapshot.project.uri(f".podium/{key.path}")
    return t.Location(uri=uri, range=t.Range(start=start, end=start))
