"""Presents a task as facts for a model."""

from podium.model.plans import AcceptanceCriterion, Task
from podium.model.progress import TaskProgress
from podium.model.rules.task_fields import (
    AGENT_FIELDS,
    FieldKind,
    TaskField,
    names_by_file,
    names_of,
    text_of,
)
from podium.model.states import TaskState
from podium.operations.task.show import TaskView
from podium.operations.text.lines import line
from podium_mcp.presenters.results import Facts
from podium_mcp.sanitize import attributed, one_line


def task_facts(view: TaskView) -> Facts:
    """Return the whole task with its progress and history."""
    name = f"{view.plan_id}/{view.task.id}"
    facts: Facts = {"task": name, "title": view.task.title, "state": view.progress.state}
    facts |= task_body(view.task)
    facts |= progress_facts(view.progress, view.missing)
    if view.history:
        facts["history"] = [one_line(line(row, 120), 200) for row in view.history[-8:]]
    return facts | {"next": view.next_steps}


def task_body(task: Task) -> Facts:
    """Return the definition of a task without empty fields."""
    facts: Facts = {
        "description": task.description,
        "requires": list(task.requires),
        "relates": list(task.relates),
        "files": list(task.files.all),
        **{each.name: _plain_facts(each, task) for each in AGENT_FIELDS},
        "accept": [_criterion_facts(each) for each in task.acceptance],
    }
    return {key: value for key, value in facts.items() if value}


def _plain_facts(field: TaskField, task: Task) -> object:
    match field.kind:
        case FieldKind.NAMES_BY_FILE:
            return {path: list(names) for path, names in names_by_file(field, task).items()}
        case FieldKind.NAMES | FieldKind.TASKS:
            return list(names_of(field, task))
        case FieldKind.TEXT | FieldKind.COMPOSITE:
            return text_of(field, task)


def progress_facts(progress: TaskProgress, missing: tuple[str, ...]) -> Facts:
    """Return the progress of a task without empty fields."""
    facts: Facts = {
        "percent": progress.percent if progress.state is TaskState.RUNNING else 0,
        "note": attributed(progress.note_by, progress.note, 1_000) if progress.note else "",
        "reason": _reason(progress),
        "not_shown": list(missing),
        "doubts": [one_line(each.sentence, 400) for each in progress.doubts],
        "lease_until": progress.lease.expires_at.isoformat(timespec="seconds")
        if progress.lease
        else "",
    }
    return {key: value for key, value in facts.items() if value}


def _reason(progress: TaskProgress) -> str:
    """Return the reason for the state; only a reason with an author gets a label."""
    by = progress.reason_by
    return attributed(by, progress.reason, 1_000) if by and progress.reason else progress.reason


def _criterion_facts(criterion: AcceptanceCriterion) -> Facts:
    file = criterion.file
    facts: Facts = {
        "id": criterion.id,
        "text": criterion.text,
        "command": list(criterion.command),
        "test": criterion.test,
        "file": f"{file.path} contains {file.contains}" if file and file.contains else "",
        "by": criterion.by or "",
    }
    if file is not None and not file.contains:
        facts["file"] = file.path
    return {name: value for name, value in facts.items() if value}
