"""Completion in plans written in Markdown."""

import re
from collections.abc import Iterator, Sequence

from podium.model.plans import Priority, Task
from podium.model.rules.task_fields import FIELDS_BY_LABEL, FieldKind
from podium_lsp.plan_language.file_kinds import PlanFile
from podium_lsp.plan_language.plan_context import ROLES
from podium_lsp.plan_language.results import Suggestion
from podium_lsp.plan_language.task_names import task_names
from podium_lsp.session.text import Span, Text

_KINDS = (
    FieldKind.TASKS,
    FieldKind.TEXT,
    FieldKind.COMPOSITE,
    FieldKind.NAMES,
    FieldKind.NAMES_BY_FILE,
)
"""The kinds of fields, in the order in which they are suggested."""
_FIELDS = {
    each.label: each.help
    for kind in _KINDS
    for each in FIELDS_BY_LABEL.values()
    if each.kind is kind
}
_TASK_LABELS = frozenset(
    label for label, each in FIELDS_BY_LABEL.items() if each.kind is FieldKind.TASKS
)
_VALUE = re.compile(r"^[-*+]\s+\**(?P<name>[A-Za-z]+)\**\s*:\s*(?:.*,\s*)?(?P<word>`?[\w.-]*)$")
_NAME = re.compile(r"^[-*+]\s+(?P<word>[A-Za-z]*)$")
_TASK = re.compile(r"^###\s+`+\s?([^`]+?)\s?`+")


def markdown_suggestions(
    file: PlanFile, text: Text, offset: int, tasks: Sequence[Task]
) -> Iterator[Suggestion]:
    """Yield the completions at an offset."""
    line = text.line_of(offset)
    head = text.content[text.line_span(line).start : offset]
    holder = _holder(text, line)
    if holder is None:
        return
    if (found := _VALUE.match(head)) is not None:
        span = Span(offset - len(found["word"]), _after_backtick(text, offset))
        yield from _values(file, text, line, found["name"].lower(), span, holder, tasks)
    elif (found := _NAME.match(head)) is not None:
        span = Span(offset - len(found["word"]), offset)
        for name, explanation in _FIELDS.items():
            yield Suggestion(f"{name}: ", name, "field", explanation, span)


def _after_backtick(text: Text, offset: int) -> int:
    """Return the offset after a closing backtick that the editor inserted automatically."""
    return offset + 1 if text.content[offset : offset + 1] == "`" else offset


def _values(
    file: PlanFile,
    text: Text,
    line: int,
    name: str,
    span: Span,
    holder: str,
    tasks: Sequence[Task],
) -> Iterator[Suggestion]:
    match name:
        case _ if name in _TASK_LABELS:
            place = text.line_span(line)
            written = {
                each.task_id
                for each in task_names(file, text)
                if place.start <= each.span.start <= place.end and not each.span.holds(span.end)
            }
            for task in tasks:
                if task.id != holder and task.id not in written:
                    yield Suggestion(f"`{task.id}`", task.id, task.title, task.description, span)
        case "role":
            for role in ROLES:
                yield Suggestion(f"`{role}`", role, "role", "", span)
        case "priority":
            for priority in Priority:
                yield Suggestion(priority.value, priority.value, "priority", "", span)
        case _:
            return


def _holder(text: Text, line: int) -> str | None:
    """Return the id of the task whose section contains a line, or None."""
    for number in range(line, -1, -1):
        span = text.line_span(number)
        content = text.content[span.start : span.end]
        if (found := _TASK.match(content)) is not None:
            return found[1]
        if content.startswith("## "):
            return None
    return None
