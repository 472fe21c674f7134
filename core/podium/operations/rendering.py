"""Renders each result as Markdown, for every face that displays text.

Text from models, agents and files is escaped or quoted, so that it cannot be mistaken for Podium's
own text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

from podium.dialogue.documents.markdown_text import code_span, inline, quoted
from podium.dialogue.documents.plan_markdown import render_markdown, render_task
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.progress import PlanCheck
from podium.model.questions import Question
from podium.model.rules.budgets import minutes_text
from podium.operations.confirmation import Confirmation, Fact
from podium.operations.finding.list import FindingList
from podium.operations.plan.list import PlanList
from podium.operations.question.list import Questions
from podium.operations.run.log import RunLog
from podium.operations.run.preview import RunPreview
from podium.operations.run.report import RunReport
from podium.operations.run.status import RunStatus, TaskStatus
from podium.operations.task.list import TaskList
from podium.operations.task.show import TaskView
from podium.operations.text.limits import limits_lines
from podium.operations.text.lines import line
from podium.operations.usage.show import UsageTable
from podium.operations.views import PlanRow, PlanView, TaskRow
from podium.views.completeness import TaskLines, completeness
from podium.words import counted

_LONGEST_HISTORY = 20


@singledispatch
def markdown(result: Frozen) -> str:
    """Return a result as Markdown; results without their own rendering are shown as JSON."""
    return _fenced(result.model_dump_json(indent=2), "json") + "\n"


@markdown.register
def _plan(result: PlanView) -> str:
    return render_markdown(result.plan, result.progress, result.approval)


@markdown.register
def _run_report(result: RunReport) -> str:
    return result.markdown


@markdown.register
def _run_status(result: RunStatus) -> str:
    alive = "" if result.runner_alive or result.ended else "no runner is running"
    state = [f"**{result.state}**", f"{result.done} of {len(result.tasks)} done", alive]
    return _page(
        f"# Run {code_span(result.run_id)} of plan {code_span(result.plan_id)}",
        quoted(result.objective),
        " · ".join(filter(None, state)),
        *map(_question_block, result.questions),
        _table(("Task", "Title", "Phase", "Attempt", "Problem"), map(_run_task, result.tasks)),
        "\n".join(f"- {inline(each)}" for each in limits_lines(result)),
        f"Next: {code_span(result.next)}",
    )


@markdown.register
def _questions(result: Questions) -> str:
    if not result.questions:
        return _page("# Questions", "None.")
    next_command = f"Next: {code_span(result.next)}" if result.next else ""
    return _page("# Questions", *map(_question_block, result.questions), next_command)


def _question_block(each: Question) -> str:
    """Return a question, what it is about, quoted, and the possible answers."""
    answers = [
        f"- {code_span(f'podium answer {each.id} {choice.id}')}: {inline(choice.label)}"
        for choice in each.choices
        if each.is_open
    ]
    facts = [
        _fenced(fact.text) if each.is_permission else f"{inline(fact.name)}: {inline(fact.text)}"
        for fact in each.facts
    ]
    parts = f"**{inline(each.text)}** ({code_span(each.about)})", *facts, "\n".join(answers)
    return "\n\n".join(filter(None, parts))


@markdown.register
def _run_log(result: RunLog) -> str:
    lines = (f"- {inline(line(each))}" for each in result.lines)
    return _page(f"## Log of run {code_span(result.run_id)}", "\n".join(lines))


def _run_task(row: TaskStatus) -> tuple[str, ...]:
    attempt = f"{row.attempt} of {row.max_attempts}" if row.attempt else ""
    return code_span(row.id), inline(row.title), row.doing, attempt, inline(row.problem)


@markdown.register
def _usage(result: UsageTable) -> str:
    since = f" since {result.since}" if result.since else ""
    rows = (
        (
            inline(row.name),
            str(row.calls),
            f"{row.input_tokens:,}",
            f"{row.output_tokens:,}",
            minutes_text(row.minutes),
            row.cost,
        )
        for row in (*result.rows, result.total)
    )
    names = (str(result.by).capitalize(), "Calls", "Tokens in", "Out", "Time", "Cost")
    return _page(
        f"## Usage by {result.by}{since}",
        _table(names, rows),
        "\n".join(f"- {inline(each)}" for each in result.limits),
    )


@markdown.register
def _preview(result: RunPreview) -> str:
    rows = (
        (
            code_span(task.id),
            inline(task.title),
            inline(", then ".join(task.agents)),
            "yes" if task.starts else "",
            task.cost,
        )
        for task in result.tasks
    )
    return _page(
        f"## What a run of plan {code_span(result.plan_id)} would do",
        _table(("Task", "Title", "Agent", "Starts", "Expected"), rows),
        f"Expected: {result.cost}",
        f"Next: {code_span(result.next)}",
    )


@markdown.register
def _task(result: TaskView) -> str:
    history = [
        f"- {row.at:%Y-%m-%d %H:%M} {inline(row.actor.called)}: {inline(row.event.message)}"
        for row in result.history[-_LONGEST_HISTORY:]
    ]
    required_by = ", ".join(map(code_span, result.required_by))
    return _page(
        render_task(result.task, result.progress),
        f"Required by {required_by}" if required_by else "",
        "\n".join(["**History**", "", *history]) if history else "",
    )


@markdown.register
def _finding(result: Finding) -> str:
    place = f"{result.path}:{result.range.start.line}"
    facts = [
        ("Place", code_span(place)),
        ("Status", inline(str(result.status))),
        ("Reported by", inline(result.said_by)),
        ("Task", code_span(f"{result.plan_id}/{result.task_id}") if result.task_id else ""),
        ("Reason", inline(result.reason)),
    ]
    return _page(
        f"### {result.severity} {code_span(result.id)} ({inline(result.category)})",
        quoted(result.message),
        "\n".join(f"- {name}: {value}" for name, value in facts if value),
        _fenced(result.suggested_edit.text) if result.suggested_edit else "",
    )


@markdown.register
def _findings(result: FindingList) -> str:
    rows = (
        (
            code_span(each.id),
            each.status,
            each.severity,
            code_span(f"{each.path}:{each.range.start.line}"),
            inline(each.message),
        )
        for each in result.findings
    )
    names = ("Finding", "Status", "Severity", "Place", "Message")
    stale = f"{counted(result.stale, 'stale finding')}: the code is gone" if result.stale else ""
    return "\n".join(filter(None, (_list("finding", names, rows, result.total), stale)))


@markdown.register
def _plans(result: PlanList) -> str:
    rows = map(_plan_row, result.plans)
    return _list("plan", ("Plan", "State", "Done", "Objective"), rows, result.total)


def _plan_row(row: PlanRow) -> tuple[str, ...]:
    return code_span(row.id), row.state, f"{row.done} of {row.total}", inline(row.objective)


@markdown.register
def _tasks(result: TaskList) -> str:
    rows = map(_task_row, result.tasks)
    return _list("task", ("Task", "State", "Priority", "Title"), rows, result.total)


def _task_row(row: TaskRow) -> tuple[str, ...]:
    state = "ready" if row.ready else str(row.state)
    return code_span(row.id), state, row.priority, inline(row.title)


@markdown.register
def _check(result: PlanCheck) -> str:
    view = completeness(result)
    return _page(
        f"Plan {code_span(view.plan_id)} is **{view.verdict}**: {view.counts}",
        "\n".join(f"- {inline(reason)}" for reason in view.reasons),
        "\n".join(line for task in view.tasks for line in _task_check(task)),
    )


def _task_check(task: TaskLines) -> Iterator[str]:
    yield f"- {code_span(task.id)} {inline(task.title)}: {task.state}"
    for each in task.criteria:
        yield f"  - [{'x' if each.met else ' '}] {inline(each.text)}: {inline(each.evidence)}"
    for doubt in task.doubts:
        yield f"  - doubt: {inline(doubt)}"


@markdown.register
def _question(result: Confirmation) -> str:
    return _page(
        f"**{inline(result.question)}**",
        "\n".join(map(_fact, result.facts)),
        _fenced(result.diff, "diff") if result.diff else "",
    )


def _fact(fact: Fact) -> str:
    return f"- {inline(fact.label)}: {', '.join(map(inline, fact.values))}"


def _page(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"


def _list(noun: str, names: Sequence[str], rows: Iterable[Sequence[str]], total: int) -> str:
    shown = [*rows]
    left = total - len(shown)
    more = f"{counted(left, f'more {noun}')}" if left > 0 else ""
    return _page(_table(names, shown) if shown else f"There is no {noun}.", more)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(names), _row(["---"] * len(names))]
    return "\n".join([*lines, *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    # A bar ends a cell even inside code, and Markdown has no other way to escape it there.
    inside = [cell.replace("\\|", "|").replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(inside)} |"


def _fenced(text: str, language: str = "") -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}"
