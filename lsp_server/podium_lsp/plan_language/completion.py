"""What may be written at a place of a plan file; pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from podium_lsp.plan_language.json_tree import Key, Node, Step, read_json, way_to
from podium_lsp.plan_language.kinds import Kind, PlanFile, fields_at
from podium_lsp.plan_language.surroundings import ROLES, Surroundings
from podium_lsp.plan_language.words import Suggestion
from podium_lsp.text import Span, Text

_YAML_NAME = re.compile(r"^(?P<indent>\s*)(?:- )?(?P<name>[\w-]*)$")
_YAML_VALUE = re.compile(r"^(?P<indent>\s*)(?P<name>[\w-]+):\s+(?P<value>[\w.-]*)$")


def suggestions_at(
    file: PlanFile, text: Text, offset: int, around: Surroundings
) -> list[Suggestion]:
    """Return what may be written at an offset."""
    if file.model is None:
        return []
    if file.kind is Kind.CONFIG:
        return list(_yaml(file, text, offset, around))
    return list(_json(file, text.content, offset, around))


def _json(file: PlanFile, content: str, offset: int, around: Surroundings) -> Iterator[Suggestion]:
    assert file.model, "the caller has looked"
    way = way_to(read_json(content).root, offset)
    inner = way[-1]
    names = tuple(step.key for step in way if step.key is not None)
    on_name = inner.key_span is not None and inner.key_span.holds(offset)
    if on_name or (inner.node.kind == "object" and not _is_value_place(content, offset)):
        holder = way[-2] if on_name else inner
        place = names[:-1] if on_name else names
        span = inner.key_span if on_name and inner.key_span else Span(offset, offset)
        schema = fields_at(file.model, place)
        yield from _names(schema, holder.node, span)
        return
    span = inner.node.span if inner.node.kind in ("string", "word") else Span(offset, offset)
    place = (*names, 0) if inner.node.kind == "array" else names
    written = _siblings(way)
    for value, detail, told in _values(fields_at(file.model, place), file, place, around):
        if value not in written:
            quoted = json.dumps(value, ensure_ascii=False)
            yield Suggestion(quoted, value, detail, told, span)


def _is_value_place(content: str, offset: int) -> bool:
    return content[:offset].rstrip().endswith(":")


def _siblings(way: Sequence[Step]) -> set[Any]:
    """Return the texts that stand in the same list already, but for the one at hand."""
    holder = next((each.node for each in reversed(way) if each.node.kind == "array"), None)
    return (
        {each.value for each in holder.strings() if each is not way[-1].node} if holder else set()
    )


def _names(schema: Mapping[str, Any], holder: Node, span: Span) -> Iterator[Suggestion]:
    written = {pair.name for pair in holder.pairs if not pair.name_span.holds(span.start)}
    for name, field in schema.get("properties", {}).items():
        if name not in written:
            told = str(field.get("description", ""))
            text = json.dumps(name) if span.end > span.start else f"{json.dumps(name)}: "
            yield Suggestion(text, name, _type_of(field), told, span)


def _values(
    schema: Mapping[str, Any], file: PlanFile, place: tuple[Key, ...], around: Surroundings
) -> Iterator[tuple[str, str, str]]:
    named = [each for each in place if isinstance(each, str)]
    last = named[-1] if named else ""
    if last in ("requires", "relates", "task_order"):
        for task in around.tasks:
            if file.kind is Kind.PLAN or task.id != file.name:
                yield task.id, task.title, task.description
    elif last == "role":
        yield from ((role, "role", "") for role in ROLES)
    elif last in ("agent", "default") and named[0] == "agents":
        yield from ((name, "agent", "") for name in around.agents)
    for each in schema.get("enum", ()):
        yield str(each), last, str(schema.get("description", ""))


def _type_of(field: Mapping[str, Any]) -> str:
    if "type" in field:
        return str(field["type"])
    return str(field.get("$ref", "")).rsplit("/", 1)[-1]


def _yaml(file: PlanFile, text: Text, offset: int, around: Surroundings) -> Iterator[Suggestion]:
    assert file.model, "the caller has looked"
    line = text.line_of(offset)
    span = text.line_span(line)
    head = text.content[span.start : offset]
    if (found := _YAML_VALUE.match(head)) is not None:
        place = (*_yaml_way(text, line, len(found["indent"])), found["name"])
        written = Span(offset - len(found["value"]), offset)
        for value, detail, told in _values(fields_at(file.model, place), file, place, around):
            yield Suggestion(value, value, detail, told, written)
    elif (found := _YAML_NAME.match(head)) is not None:
        place = _yaml_way(text, line, len(found["indent"]))
        written = Span(offset - len(found["name"]), offset)
        for name, field in fields_at(file.model, place).get("properties", {}).items():
            told = str(field.get("description", ""))
            yield Suggestion(f"{name}: ", name, _type_of(field), told, written)


def _yaml_way(text: Text, line: int, indent: int) -> tuple[str, ...]:
    """Return the names that the lines above lead through, by their indentation."""
    way: list[str] = []
    for number in range(line - 1, -1, -1):
        span = text.line_span(number)
        found = re.match(r"^(\s*)([\w-]+):", text.content[span.start : span.end])
        if found and len(found[1]) < indent:
            way.insert(0, found[2])
            indent = len(found[1])
    return tuple(way)
