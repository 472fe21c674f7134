"""`textDocument/inlayHint`: the states of tasks after their ids in plan files."""

from lsprotocol import types as t

from podium.model.plans import Task
from podium.model.progress import TaskProgress
from podium_lsp.convert import to_range
from podium_lsp.plan_language.hover import format_state
from podium_lsp.plan_language.plan_context import PlanContext
from podium_lsp.plan_language.task_names import task_names
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.text import Span, Text


async def handle(snapshot: DocumentSnapshot, params: t.InlayHintParams) -> list[t.InlayHint] | None:
    """Return the hints in a range."""
    file = snapshot.plan_file()
    if file is None:
        return None
    text = snapshot.text
    first = snapshot.offset_of(params.range.start)
    last = snapshot.offset_of(params.range.end)
    context = await snapshot.context(file)
    tasks = {task.id: task for task in context.tasks}
    rows: list[t.InlayHint] = []
    for each in task_names(file, text):
        if each.task_id in tasks and not each.is_own and first <= each.span.start <= last:
            label = _label(tasks[each.task_id], context)
            position = to_range(text, _whole(text, each.span), snapshot.encoding).end
            rows.append(t.InlayHint(position=position, label=label, padding_left=True))
    return rows


def _label(task: Task, context: PlanContext) -> str:
    estimate = f", {task.estimate.minutes:g} min" if task.estimate else ""
    return format_state(context.progress.get(task.id, TaskProgress())) + estimate


def _whole(text: Text, span: Span) -> Span:
    """Return the span of an id, including a backtick or a colon that follows it."""
    behind = text.content[span.end : span.end + 1]
    return Span(span.start, span.end + 1) if behind in ("`", ":") else span
