"""The public functions of this package: render the prompt of every role.

Text from files, tools or models is cleaned, truncated to a budget and put into a fence that it
cannot close; the templates state that nothing inside such a fence is an instruction.
"""

import functools
import importlib.resources
import json
import re
import shlex
import string
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from podium.dialogue.excerpts import clean, redact
from podium.dialogue.prompts.budgets import Budgets, Keep, lines_within, within
from podium.model.doubts import Doubt
from podium.model.plans import AcceptanceCriterion, CriterionKind, PlanDraft, Task
from podium.model.rules.task_fields import (
    AGENT_FIELDS,
    TASK_FIELDS,
    FieldKind,
    TaskField,
    names_by_file,
    names_of,
    text_of,
)

END_SENTINEL = "PODIUM-END-OF-REPLY"
"""The line that ends a complete reply; without it the reply was truncated."""

MOST_NOTES = 8

_DEFAULT_BUDGETS = Budgets()
_COMPLETE = " (must be completed; its author cannot confirm it)"
_FENCE_RUN = re.compile(r"`{3,}")


class Depth(StrEnum):
    """How much thinking a planning prompt asks for."""

    QUICK = "quick"
    NORMAL = "normal"
    DEEP = "deep"

    @property
    def thoughts(self) -> int:
        """Return the number of thoughts to request."""
        return {Depth.QUICK: 3, Depth.NORMAL: 8, Depth.DEEP: 20}[self]


_DEPTH_TEXT = {
    Depth.QUICK: "Think in about {} short steps, then write the plan. Read only what you need.",
    Depth.NORMAL: "Think in about {} steps before you write the plan: what exists, what has to"
    " change, in which order, how each result can be checked.",
    Depth.DEEP: "Think in about {} steps before you write the plan. Read the affected code,"
    " compare at least two approaches and explain your choice in the summary, look for what could"
    " go wrong, and revise earlier thoughts that later ones contradict.",
}


@dataclass(frozen=True)
class Passage:
    """Untrusted text under a title from Podium."""

    title: str
    text: str


@dataclass(frozen=True)
class ProjectFacts:
    """Facts about the project for an architect.

    Args:
        files: paths relative to the project, most relevant first.
        notes: other material, such as the project's own rules.
    """

    files: Sequence[str] = ()
    notes: Sequence[Passage] = ()


@dataclass(frozen=True)
class TaskResult:
    """The result of a required task.

    Args:
        task_id: its id.
        title: its title.
        files: the files that it changed.
        summary: the end of its executor's reply.
        commit: the commit with its result.
    """

    task_id: str
    title: str
    files: Sequence[str] = ()
    summary: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Work:
    """One task, as described to its executor, auditor or consultant.

    Args:
        objective: the objective of the whole plan.
        task: the task.
        results: the results of the tasks that it requires.
        feedback: why the previous attempt failed; empty for the first one.
        attempt: the 1-based number of this attempt.
        instructions: the project's own prompt for the role or subagent.
    """

    objective: str
    task: Task
    results: Sequence[TaskResult] = ()
    feedback: str = ""
    attempt: int = 1
    instructions: str = ""


def architect_prompt(
    objective: str,
    *,
    facts: ProjectFacts = ProjectFacts(),
    depth: Depth = Depth.NORMAL,
    instructions: str = "",
    sentinel: str = END_SENTINEL,
    budgets: Budgets = _DEFAULT_BUDGETS,
) -> str:
    """Return the prompt that asks for a plan for `objective`."""
    return _filled(
        "architect",
        instructions=_instructions(instructions, budgets),
        objective=_objective(objective, budgets),
        facts=_facts(facts, budgets),
        depth=_DEPTH_TEXT[depth].format(depth.thoughts),
        fields=_guides(),
        schema=_schema_text(),
        sentinel=sentinel,
    )


def architect_repair_prompt(
    objective: str,
    *,
    reply: str,
    problems: Sequence[str],
    sentinel: str = END_SENTINEL,
    budgets: Budgets = _DEFAULT_BUDGETS,
) -> str:
    """Return the prompt that asks for a corrected plan."""
    return _filled(
        "architect_repair",
        objective=_objective(objective, budgets),
        problems=_problem_list(problems, budgets),
        reply=_data("previous reply", within(reply, budgets.reply, Keep.BOTH)),
        schema=_schema_text(),
        sentinel=sentinel,
    )


def executor_prompt(
    work: Work, *, sentinel: str = END_SENTINEL, budgets: Budgets = _DEFAULT_BUDGETS
) -> str:
    """Return the prompt for executing one task in the working folder."""
    return _filled(
        "executor",
        **_task_sections(work, budgets),
        results=_results(work.results, budgets),
        feedback=_feedback(work, budgets),
        sentinel=sentinel,
    )


def auditor_prompt(
    work: Work, change: str, *, sentinel: str = END_SENTINEL, budgets: Budgets = _DEFAULT_BUDGETS
) -> str:
    """Return the prompt for a review of `change`, a unified diff."""
    return _filled(
        "auditor",
        **_task_sections(work, budgets),
        change=_fenced("data change", within(clean(change), budgets.change, Keep.BOTH)),
        sentinel=sentinel,
    )


def auditor_repair_prompt(
    work: Work,
    *,
    reply: str,
    problems: Sequence[str],
    sentinel: str = END_SENTINEL,
    budgets: Budgets = _DEFAULT_BUDGETS,
) -> str:
    """Return the prompt that asks for a corrected review."""
    return _filled(
        "auditor_repair",
        **_task_sections(work, budgets),
        problems=_problem_list(problems, budgets),
        reply=_data("previous reply", within(reply, budgets.reply, Keep.BOTH)),
        sentinel=sentinel,
    )


def consultant_prompt(
    work: Work,
    problems: Sequence[str],
    *,
    sentinel: str = END_SENTINEL,
    budgets: Budgets = _DEFAULT_BUDGETS,
) -> str:
    """Return the prompt for repairing the problems in a change."""
    return _filled(
        "consultant",
        **_task_sections(work, budgets),
        problems=_problem_list(problems, budgets),
        sentinel=sentinel,
    )


def doubts_prompt(
    work: Work,
    doubts: Sequence[Doubt],
    *,
    sentinel: str = END_SENTINEL,
    budgets: Budgets = _DEFAULT_BUDGETS,
) -> str:
    """Return the prompt that asks the agent that wrote files about doubts in them."""
    return _filled(
        "doubts",
        **_task_sections(work, budgets),
        doubts=_doubts(doubts, budgets),
        sentinel=sentinel,
    )


def doubts_audit_prompt(
    work: Work,
    doubts: Sequence[Doubt],
    change: str,
    *,
    sentinel: str = END_SENTINEL,
    budgets: Budgets = _DEFAULT_BUDGETS,
) -> str:
    """Return the prompt that asks the auditor to decide about doubts in `change`."""
    return _filled(
        "doubts_audit",
        **_task_sections(work, budgets),
        doubts=_doubts(doubts, budgets),
        change=_fenced("data change", within(clean(change), budgets.change, Keep.BOTH)),
        sentinel=sentinel,
    )


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of an architect's reply, generated from the model."""
    return cast("dict[str, Any]", _for_agents(PlanDraft.model_json_schema()))


@functools.cache
def _template(name: str) -> string.Template:
    folder = importlib.resources.files("podium.dialogue.prompts") / "templates"
    return string.Template((folder / f"{name}.md").read_text(encoding="utf-8"))


def _filled(template: str, **parts: str) -> str:
    return _template(template).substitute(parts)


@functools.cache
def _schema_text() -> str:
    return json.dumps(plan_schema(), ensure_ascii=False)


def _for_agents(schema: object) -> object:
    """Remove pydantic's titles and defaults, which only cost tokens."""
    if isinstance(schema, list):
        return [_for_agents(each) for each in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _for_agents(value)
        for key, value in cast("dict[str, object]", schema).items()
        # A property may also be named `title`; its value is an object.
        if not (key == "default" or (key == "title" and isinstance(value, str)))
    }


def _objective(text: str, budgets: Budgets) -> str:
    return _fenced("objective", within(clean(text), budgets.objective, Keep.BOTH))


def _data(name: str, text: str) -> str:
    """Return untrusted text as a data block, without secrets that tools may have printed."""
    return _fenced(f"data {name}", redact(clean(text)))


def _fenced(name: str, text: str) -> str:
    """Return text in a fence that is longer than any fence inside it."""
    longest = max((len(run) for run in _FENCE_RUN.findall(text)), default=2)
    fence = "`" * (longest + 1)
    content = text.strip("\n")
    return f"{fence}{name}\n{content}\n{fence}"


def _instructions(text: str, budgets: Budgets) -> str:
    if not text.strip():
        return ""
    kept = within(clean(text).strip(), budgets.instructions)
    return f"## The project's instructions for your role\n\n{kept}\n\n"


def _facts(facts: ProjectFacts, budgets: Budgets) -> str:
    parts: list[str] = []
    if facts.files:
        listed = lines_within([_one_line(each) for each in facts.files], budgets.files, "files")
        parts.append(f"## The project's files\n\n{_data('files', listed)}\n\n")
    for note in facts.notes[:MOST_NOTES]:
        text = within(note.text, budgets.note)
        parts.append(f"## {_one_line(note.title)}\n\n{_data('note', text)}\n\n")
    return "".join(parts)


def _task_sections(work: Work, budgets: Budgets) -> dict[str, str]:
    return {
        "instructions": _instructions(work.instructions, budgets),
        "objective": _objective(work.objective, budgets),
        "title": f"{work.task.id}, {_one_line(work.task.title)}",
        "task": _task(work.task, budgets),
    }


def _task(task: Task, budgets: Budgets) -> str:
    """Return a task's description, files and criteria."""
    parts: list[str] = []
    if task.description.strip():
        description = within(clean(task.description), budgets.task, Keep.BOTH)
        parts.append(_fenced("task", description))
    files = [
        f"- {verb}: `{_one_line(path)}`"
        for verb, paths in (
            ("create", task.files.create),
            ("modify", task.files.modify),
            ("delete", task.files.delete),
        )
        for path in paths
    ]
    if files:
        parts.append("Files for this task:\n\n" + lines_within(files, budgets.files, "files"))
    parts += [part for each in AGENT_FIELDS if (part := _field(each, task, budgets))]
    if task.acceptance:
        criteria = [_criterion(each) for each in task.acceptance]
        listed = lines_within(criteria, budgets.task, "criteria")
        parts.append(f"It is done when all of these criteria are met:\n\n{listed}")
    return "\n\n".join(parts) or "There is no further description."


def _field(field: TaskField, task: Task, budgets: Budgets) -> str:
    """Render a task's field as text, according to its kind alone."""
    match field.kind:
        case FieldKind.NAMES_BY_FILE:
            rows = names_by_file(field, task).items()
            lines = [f"- `{_one_line(path)}`: {_names(own)}" for path, own in rows]
            what = "files"
        case FieldKind.NAMES | FieldKind.TASKS:
            lines, what = [f"- `{_one_line(each)}`" for each in names_of(field, task)], "names"
        case FieldKind.TEXT | FieldKind.COMPOSITE:
            lines, what = [_one_line(text_of(field, task))], "lines"
    if not any(lines):
        return ""
    return f"{field.heading}\n\n{lines_within(lines, budgets.files, what)}"


def _guides() -> str:
    """Return the guides to the fields that the architect's template does not mention."""
    rows = (each for each in TASK_FIELDS if each.guide)
    texts = (f"`{each.name}` (optional) {each.guide}" for each in rows)
    return "".join(f"- {textwrap.indent(text, '  ').strip()}\n" for text in texts)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{_one_line(each)}`" for each in names)


def _criterion(criterion: AcceptanceCriterion) -> str:
    needed = _needed(criterion)
    return f"- {criterion.id}: {_one_line(criterion.text)}{f'; {needed}' if needed else ''}"


def _needed(criterion: AcceptanceCriterion) -> str:
    """Return what has to hold for a criterion; empty if it does not say."""
    match criterion.kind:
        case CriterionKind.COMMAND:
            return f"`{_one_line(shlex.join(criterion.command))}` exits with code 0"
        case CriterionKind.TEST:
            return f"the test `{_one_line(criterion.test)}` passes"
        case CriterionKind.FILE if criterion.file is not None:
            path, text = _one_line(criterion.file.path), _one_line(criterion.file.contains)
            return f"`{path}` contains `{text}`" if text else f"`{path}` exists"
        case CriterionKind.AUDITOR:
            return "the auditor decides"
        case CriterionKind.PERSON:
            return "a person decides"
        case _:
            return ""


def _results(results: Sequence[TaskResult], budgets: Budgets) -> str:
    if not results:
        return ""
    share = budgets.results // len(results)
    blocks = [_data(f"result of {each.task_id}", _result(each, share)) for each in results]
    joined = "\n\n".join(blocks)
    return f"## Results of earlier tasks, already in the working folder\n\n{joined}\n\n"


def _result(result: TaskResult, characters: int) -> str:
    commit = f" (commit {result.commit[:12]})" if result.commit else ""
    changed = f"changed: {', '.join(result.files)}" if result.files else ""
    lines = [f"{result.title}{commit}", within(changed, characters // 2), result.summary.strip()]
    return within("\n".join(line for line in lines if line), characters)


def _feedback(work: Work, budgets: Budgets) -> str:
    if not work.feedback.strip():
        return ""
    feedback = _data("feedback", within(work.feedback, budgets.feedback, Keep.END))
    return (
        f"## This is attempt {work.attempt}: why the previous one was refused\n\n{feedback}\n\n"
        "The working folder has been reset: nothing from the previous attempt remains. Avoid these"
        " problems from the start.\n\n"
    )


def _problem_list(problems: Sequence[str], budgets: Budgets) -> str:
    lines = [f"- {_one_line(each)}" for each in problems]
    return _data("problems", lines_within(lines, budgets.problems, "problems"))


def _doubts(doubts: Sequence[Doubt], budgets: Budgets) -> str:
    lines = [
        f"- {_one_line(each.sentence)}{_COMPLETE if each.must_complete else ''}" for each in doubts
    ]
    return _data("doubts", lines_within(lines, budgets.problems, "doubts"))


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
