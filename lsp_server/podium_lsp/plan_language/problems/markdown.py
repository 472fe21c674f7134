"""Locates the problems that the Markdown reader finds in a plan."""

import re
from itertools import pairwise

from podium.errors import InvalidPlan
from podium_lsp.plan_language.file_kinds import PlanFile
from podium_lsp.plan_language.results import Problem
from podium_lsp.plan_language.task_names import TaskName, task_names
from podium_lsp.session.text import Span, Text

_LINE = re.compile(r"\bline (\d+)\b")
_TASK = re.compile(r"^task (?:id )?'(?P<id>[^']+)' (?P<message>.*)", re.DOTALL)
_CYCLE = re.compile(r"cycle: (?P<chain>.*)$")
_QUOTED = re.compile(r"'([^']+)'")


def markdown_problems(file: PlanFile, text: Text) -> list[Problem]:
    """Return the problems that prevent a document from being read as a plan."""
    from podium.operations.text.markdown import read_markdown

    try:
        read_markdown(text.content, "plan.md")
    except InvalidPlan as error:
        names = task_names(file, text)
        return [Problem(_place(each, names, text), each, "plan") for each in error.problems] or [
            Problem(_line_content(text, 1), str(error), "plan")
        ]
    return []


def _place(problem: str, names: list[TaskName], text: Text) -> Span:
    """Return the span of a problem: a task's id, a task's heading, or the line it mentions."""
    if (found := _CYCLE.search(problem)) is not None:
        chain = found["chain"].split(" → ")
        for one, behind in pairwise(chain):
            for each in names:
                if each.holder == one and each.task_id == behind:
                    return each.span
    if (found := _TASK.match(problem)) is not None:
        return _in_task(found["id"], found["message"], names, text)
    line = _LINE.search(problem)
    return _line_content(text, int(line[1]) if line else 1)


def _in_task(task_id: str, message: str, names: list[TaskName], text: Text) -> Span:
    for each in names:
        if each.holder == task_id and f"'{each.task_id}'" in message:
            return each.span
    own = [each.span for each in names if each.is_own and each.task_id == task_id]
    if not own:
        return _line_content(text, 1)
    others = [each.span.start for each in names if each.is_own]
    end = min((at for at in others if at > own[-1].start), default=len(text.content))
    for word in _QUOTED.findall(message):
        start = text.content.find(f"`{word}`", own[-1].end, end)
        if start >= 0:
            return Span(start + 1, start + 1 + len(word))
    return own[-1]


def _line_content(text: Text, line: int) -> Span:
    """Return the span of a 1-based line, without surrounding whitespace."""
    span = text.line_span(line - 1)
    content = text.content[span.start : span.end]
    left = len(content) - len(content.lstrip())
    return Span(span.start + left, span.start + max(len(content.rstrip()), left))
