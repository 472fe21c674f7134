"""Where plan files name tasks: as their own, or as somebody else's; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node
from podium_lsp.plan_language.parsing.tree import tree_of
from podium_lsp.session.text import Span, Text

LINKS = ("requires", "relates")
SCRIPTS = ("tasks", "audits", "fixes")
"""The keys of a playbook that map a task to its script."""

_HEADING = re.compile(r"^###\s+`+\s?(?P<id>[^`\n]+?)\s?`+", re.MULTILINE)
_LINK_LINE = re.compile(r"^[-*+]\s+\**(?:Requires|Relates)\**\s*:(?P<ids>.*)$", re.M | re.I)
_SPAN = re.compile(r"`+\s?([^`\n]+?)\s?`+")


@dataclass(frozen=True)
class TaskName:
    """One place that names a task.

    Args:
        task_id: the task.
        span: where.
        is_own: the task is written down here; else it is only spoken of.
        holder: the task that speaks of it, or nothing.
    """

    task_id: str
    span: Span
    is_own: bool
    holder: str = ""

    @property
    def is_script(self) -> bool:
        """Tell whether it stands above what is done for the task."""
        return not self.is_own and not self.holder


def task_names(file: PlanFile, text: Text) -> list[TaskName]:
    """Return every place of a text that names a task, in its order."""
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
    """Return the task's name at an offset, or None."""
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
