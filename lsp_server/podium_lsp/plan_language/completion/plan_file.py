"""Completion in plan files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from podium.model.plans import Task
from podium_lsp.plan_language.completion.markdown import markdown_suggestions
from podium_lsp.plan_language.draft_tasks import known_tasks, task_nodes
from podium_lsp.plan_language.file_kinds import Kind, PlanFile, fields_at
from podium_lsp.plan_language.parsing.json_tree import Key, Node, Step, path_to, read_json
from podium_lsp.plan_language.parsing.tree import YAML_KINDS, tree_of
from podium_lsp.plan_language.parsing.yaml_cursor import typing_at
from podium_lsp.plan_language.plan_context import ROLES, PlanContext
from podium_lsp.plan_language.results import Suggestion
from podium_lsp.plan_language.task_names import LINKS, SCRIPTS
from podium_lsp.session.text import Span, Text


def suggestions_at(
    file: PlanFile, text: Text, offset: int, context: PlanContext
) -> list[Suggestion]:
    """Return the completions at an offset."""
    tasks = known_tasks(file, text, context)
    if file.kind is Kind.MARKDOWN:
        return list(markdown_suggestions(file, text, offset, tasks))
    if file.model is None:
        return []
    if file.kind in YAML_KINDS:
        return list(_yaml(file, text, offset, context, tasks))
    return list(_json(file, text.content, offset, context, tasks))


def _json(
    file: PlanFile, content: str, offset: int, context: PlanContext, tasks: Sequence[Task]
) -> Iterator[Suggestion]:
    assert file.model, "the caller has checked"
    path = path_to(read_json(content).root, offset)
    inner = path[-1]
    names = tuple(step.key for step in path if step.key is not None)
    on_name = inner.key_span is not None and inner.key_span.holds(offset)
    if on_name or (inner.node.kind == "object" and not _is_value_place(content, offset)):
        holder = path[-2] if on_name else inner
        place = names[:-1] if on_name else names
        span = inner.key_span if on_name and inner.key_span else Span(offset, offset)
        schema = fields_at(file.model, place)
        yield from _names(schema, holder.node, span)
        return
    span = inner.node.span if inner.node.kind in ("string", "word") else Span(offset, offset)
    place = (*names, 0) if inner.node.kind == "array" else names
    written = _siblings(path)
    for value, detail, explanation in _values(
        fields_at(file.model, place), file, place, context, tasks
    ):
        if value not in written:
            quoted = json.dumps(value, ensure_ascii=False)
            yield Suggestion(quoted, value, detail, explanation, span)


def _is_value_place(content: str, offset: int) -> bool:
    return content[:offset].rstrip().endswith(":")


def _siblings(path: Sequence[Step]) -> set[Any]:
    """Return the other strings in the array that contains the offset."""
    holder = next((each.node for each in reversed(path) if each.node.kind == "array"), None)
    return (
        {each.value for each in holder.strings() if each is not path[-1].node} if holder else set()
    )


def _names(schema: Mapping[str, Any], holder: Node, span: Span) -> Iterator[Suggestion]:
    written = {pair.name for pair in holder.pairs if not pair.name_span.holds(span.start)}
    for name, field in schema.get("properties", {}).items():
        if name not in written:
            explanation = str(field.get("description", ""))
            text = json.dumps(name) if span.end > span.start else f"{json.dumps(name)}: "
            yield Suggestion(text, name, _type_of(field), explanation, span)


def _values(
    schema: Mapping[str, Any],
    file: PlanFile,
    place: tuple[Key, ...],
    context: PlanContext,
    tasks: Sequence[Task],
) -> Iterator[tuple[str, str, str]]:
    named = [each for each in place if isinstance(each, str)]
    last = named[-1] if named else ""
    if last in (*LINKS, "task_order"):
        for task in tasks:
            if file.kind is not Kind.TASK or task.id != file.name:
                yield task.id, task.title, task.description
    elif last == "role":
        yield from ((role, "role", "") for role in ROLES)
    elif last in ("agent", "default") and named[0] == "agents":
        yield from ((name, "agent", "") for name in context.agents)
    for each in schema.get("enum", ()):
        yield str(each), last, str(schema.get("description", ""))


def _type_of(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type_of(each) for each in field["anyOf"] if each.get("type") != "null")
    return str(field["type"] if "type" in field else field.get("$ref", "")).rsplit("/", 1)[-1]


def _yaml(
    file: PlanFile, text: Text, offset: int, context: PlanContext, tasks: Sequence[Task]
) -> Iterator[Suggestion]:
    assert file.model, "the caller has checked"
    typing = typing_at(text, offset)
    if typing is None:
        return
    schema = fields_at(file.model, typing.path)
    if typing.is_value:
        written = typing.written | {_enclosing_task(file, text, offset)}
        for value, detail, explanation in _values(schema, file, typing.path, context, tasks):
            if value not in written:
                yield Suggestion(value, value, detail, explanation, typing.span)
        for value in ("true", "false") if schema.get("type") == "boolean" else ():
            yield Suggestion(value, value, "boolean", "", typing.span)
    if typing.is_name:
        for name, detail, explanation in _yaml_names(file, typing.path, schema, tasks):
            if name not in typing.written:
                yield Suggestion(f"{name}: ", name, detail, explanation, typing.span)


def _enclosing_task(file: PlanFile, text: Text, offset: int) -> str:
    """Return the task of a playbook at an offset, because a task cannot require itself."""
    nodes = task_nodes(tree_of(file, text).root) if file.kind is Kind.PLAYBOOK else []
    own = next((each.get("id") for each in nodes if each.span.holds(offset)), None)
    return str(own.value) if own is not None else ""


def _yaml_names(
    file: PlanFile, path: tuple[Key, ...], schema: Mapping[str, Any], tasks: Sequence[Task]
) -> Iterator[tuple[str, str, str]]:
    if file.kind is Kind.PLAYBOOK and len(path) == 1 and path[0] in SCRIPTS:
        yield from ((task.id, task.title, task.description) for task in tasks)
    if file.kind is Kind.CONFIG and path == ("agents", "roles"):
        yield from ((role, "role", "") for role in ROLES)
    for name, field in schema.get("properties", {}).items():
        yield name, _type_of(field), str(field.get("description", ""))
