"""Finds task definitions and references to tasks in plan files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node
from podium_lsp.plan_language.parsing.tree import tree_of
from podium_lsp.session.text import Span, Text

LINKS = ("requires", "relates")
SCRIPTS = ("tasks", "audits", "fixes")
"""The keys of a playbook that map tasks to their scripts."""

_HEADING = re.compile(r"^###\s+`+\s?(?P<id>[^`\n]+?)\s?`+", re.MULTILINE)
_LINK_LINE = re.compile(r"^[-*+]\s+\**(?:Requires|Relates)\**\s*:(?P<ids>.*)$", re.M | re.I)
_SPAN = re.compile(r"`+\s?([^`\n]+?)\s?`+")


@dataclass(frozen=True)
class TaskName:
    """The id of a task in a plan file.

    Args:
        task_id: the task's id.
        span: the span of the id.
        is_own: whether this defines the task; otherwise it is a reference.
        holder: the task that contains the reference, or an empty string.
    """

    task_id: str
    span: Span
    is_own: bool
    holder: str = ""

    @property
    def is_script(self) -> bool:
        """Return whether this is the key of the task's script in a playbook."""
        return not self.is_own and not self.holder


def task_names(file: PlanFile, text: Text) -> list[TaskName]:
    """Return all task definitions and references in a document, in order."""
    root = tree_of(file, text).root
    match file.kind:
        case Kind.PLAN:
            found = _listed(root, "task_order")
        case Kind.TASK:
            found = _of_task(root)
        case Kind.PLAYBOOK:
            found = _of_playbook(root)
        case Kind.MARKDOWN | Kind.VIEW:
            found = _of_markdown(text.content)
        case Kind.CONFIG | Kind.OTHER:
            found = iter(())
    return sorted(found, key=lambda each: each.span.start)


def name_at(file: PlanFile, text: Text, offset: int) -> TaskName | None:
    """Return the task's id at an offset, or None."""
    return next((each for each in task_names(file, text) if each.span.holds(offset)), None)


def _of_task(root: Node) -> Iterator[TaskName]:
    own = root.get("id")
    holder = str(own.value) if own is not None else ""
    if own is not None and own.value is not None:
        yield TaskName(holder, own.span, is_own=True)
    for name in LINKS:
        yield from _listed(root, name, holder)


def _listed(root: Node, name: str, holder: str = "") -> Iterator[TaskName]:
    held = root.get(name)
    for each in held.items if held else ():
        if each.value is not None and each.kind in ("string", "number"):
            yield TaskName(str(each.value), each.span, is_own=False, holder=holder)


def _of_playbook(root: Node) -> Iterator[TaskName]:
    plan = root.get("plan")
    tasks = plan.get("tasks") if plan else None
    for each in tasks.items if tasks else ():
        yield from _of_task(each)
    for script in SCRIPTS:
        held = root.get(script)
        for pair in held.pairs if held else ():
            yield TaskName(pair.name, pair.name_span, is_own=False)


def _of_markdown(content: str) -> Iterator[TaskName]:
    headings = [
        TaskName(found["id"], Span(*found.span("id")), is_own=True)
        for found in _HEADING.finditer(content)
    ]
    yield from headings
    for line in _LINK_LINE.finditer(content):
        before = [each for each in headings if each.span.start < line.start()]
        for found in _SPAN.finditer(content, line.start("ids"), line.end("ids")):
            holder = before[-1].task_id if before else ""
            yield TaskName(found[1], Span(*found.span(1)), is_own=False, holder=holder)
