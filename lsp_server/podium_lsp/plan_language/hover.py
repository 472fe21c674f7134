"""Renders hovers in plan files."""

from collections.abc import Mapping
from typing import Any

from podium.model.plans import Task
from podium.model.progress import TaskProgress
from podium_lsp.plan_language.draft_tasks import known_tasks
from podium_lsp.plan_language.file_kinds import PlanFile, fields_at
from podium_lsp.plan_language.parsing.json_tree import path_to
from podium_lsp.plan_language.parsing.tree import tree_of
from podium_lsp.plan_language.plan_context import PlanContext
from podium_lsp.plan_language.task_names import name_at
from podium_lsp.session.text import Span, Text


def hover_at(
    file: PlanFile, text: Text, offset: int, context: PlanContext
) -> tuple[str, Span] | None:
    """Return Markdown for the task or field at an offset, with its span, or None."""
    if (named := name_at(file, text, offset)) is not None:
        tasks = known_tasks(file, text, context)
        task = next((each for each in tasks if each.id == named.task_id), None)
        return (_format_task(task, context), named.span) if task else None
    if file.model is None:
        return None
    path = path_to(tree_of(file, text).root, offset)
    step = path[-1]
    if step.key_span is None or not step.key_span.holds(offset):
        return None
    field = fields_at(file.model, tuple(each.key for each in path if each.key is not None))
    description = str(field.get("description", ""))
    kind = str(field.get("type", ""))
    content = "\n\n".join(
        filter(None, [f"**{step.key}** {kind}".strip(), description, _choices(field)])
    )
    return content, step.key_span


def format_state(progress: TaskProgress) -> str:
    """Return a task's state, with its progress in percent."""
    percent = f" {progress.percent} %" if 0 < progress.percent < 100 else ""
    return f"{progress.state}{percent}"


def _format_task(task: Task, context: PlanContext) -> str:
    progress = context.progress.get(task.id, TaskProgress())
    rows = [f"**{task.id}** {task.title}", f"{format_state(progress)} · {task.priority}"]
    if task.estimate:
        rows[-1] += f" · {task.estimate.minutes:g} min"
    if task.requires:
        rows.append("requires " + ", ".join(task.requires))
    if task.files.all:
        rows.append("files " + ", ".join(f"`{each}`" for each in task.files.all))
    rows += [part for part in (task.description, progress.reason, progress.note) if part]
    return "\n\n".join(rows)


def _choices(field: Mapping[str, Any]) -> str:
    values = field.get("enum", ())
    return "one of: " + ", ".join(f"`{each}`" for each in values) if values else ""
