"""Reads the tasks that a document itself defines and combines them with those in the store."""

from typing import Any, cast

import pydantic

from podium.errors import InvalidPlan
from podium.model.plans import Task
from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node
from podium_lsp.plan_language.parsing.tree import tree_of
from podium_lsp.plan_language.plan_context import PlanContext
from podium_lsp.session.text import Text


def known_tasks(file: PlanFile, text: Text, context: PlanContext) -> tuple[Task, ...]:
    """Return the tasks that a document can refer to; its own definitions override stored ones."""
    drafted = {each.id: each for each in drafted_tasks(file, text)}
    stored = [drafted.pop(each.id, each) for each in context.tasks]
    return (*stored, *drafted.values())


def drafted_tasks(file: PlanFile, text: Text) -> list[Task]:
    """Return the valid tasks that a playbook or a Markdown plan defines."""
    match file.kind:
        case Kind.PLAYBOOK:
            nodes = task_nodes(tree_of(file, text).root)
            return [task for node in nodes if (task := sound_task(plain(node))) is not None]
        case Kind.MARKDOWN:
            return _of_markdown(text.content)
        case _:
            return []


def task_nodes(root: Node) -> list[Node]:
    """Return the task nodes of the plan in a playbook."""
    plan = root.get("plan")
    tasks = plan.get("tasks") if plan else None
    return [each for each in tasks.items if each.kind == "object"] if tasks else []


def plain(node: Node) -> Any:
    """Return the plain value of a node; None for missing values and aliases."""
    match node.kind:
        case "object":
            return {pair.name: plain(pair.value) for pair in node.pairs}
        case "array":
            return [plain(each) for each in node.items]
        case _:
            return node.value


def sound_task(value: Any) -> Task | None:
    """Return a task without its invalid fields, so that references to it can be checked."""
    fields = with_texts(value)
    if not isinstance(fields, dict):
        return None
    given = cast("dict[str, Any]", fields)
    fields = {name: each for name, each in given.items() if name in Task.model_fields}
    for _ in range(2):
        try:
            return Task.model_validate(fields)
        except pydantic.ValidationError as error:
            faulty = {each["loc"][0] for each in error.errors() if each["loc"]}
        sound = {name: each for name, each in fields.items() if name not in faulty}
        fields = {"title": "…", **sound}
    return None


def with_texts(value: Any) -> Any:
    """Return a task with its id as a string, if it was written as a number."""
    match value:
        case {"id": int() | float() as number}:
            fields = cast("dict[str, Any]", value)
            return {**fields, "id": str(number)}
        case _:
            return value


def _of_markdown(content: str) -> list[Task]:
    from podium.operations.text.markdown import read_markdown

    try:
        return list(read_markdown(content, "plan.md").draft.tasks)
    except InvalidPlan:
        return []
