"""Renders a plan as `plan.md`, which people can read on a code host and edit.

The document contains the whole plan: `plan_markdown_reader` parses it back, and ignores lines that
are only informative (states, evidence, estimates, the graph).
"""

from collections.abc import Mapping, Sequence

from podium.dialogue.documents.criterion_words import evidence_phrase
from podium.dialogue.documents.figures import duration_text, number_text
from podium.dialogue.documents.markdown_text import code_span, command_span, inline, quoted
from podium.dialogue.documents.plan_mermaid import render_mermaid
from podium.dialogue.excerpts import clean
from podium.model.doubts import AnsweredDoubt
from podium.model.plans import (
    AcceptanceCriterion,
    Approval,
    Decision,
    Plan,
    Task,
    short_version,
)
from podium.model.progress import (
    CommandShown,
    Evidence,
    FileShown,
    Shown,
    TaskProgress,
    TestsShown,
    VerdictShown,
    WordGiven,
    missing_evidence,
)
from podium.model.rules.graph import DEFAULT_MINUTES, PlanEstimate, estimate, plan_problems
from podium.model.rules.task_fields import (
    FIELDS_BY_KEY,
    FIELDS_BY_LABEL,
    FieldKind,
    TaskField,
    is_choice,
    names_by_file,
    names_of,
    text_of,
)
from podium.model.states import TaskState
from podium.words import counted, shorten

TITLE_LENGTH = 100
_SINGLE_KINDS = frozenset({FieldKind.TEXT, FieldKind.COMPOSITE})
MOST_DRAWN = 100
"""Maximum number of tasks for which code hosts draw a readable graph."""


def render_markdown(
    plan: Plan, progress: Mapping[str, TaskProgress], approval: Approval | None
) -> str:
    """Return the Markdown document of a plan.

    Args:
        plan: the plan; it may be invalid.
        progress: by task id; a task without progress is pending.
        approval: the latest decision on the plan; a decision on another version is shown as
            outdated.
    """
    blocks = [
        f"# Plan: {inline(_title(plan.objective))}",
        _state_line(plan, progress, approval),
        f"## Objective\n\n{quoted(plan.objective)}",
        f"## Summary\n\n{quoted(plan.header.summary)}" if plan.header.summary else "",
        _warnings(plan),
        _agents(plan),
        _figures(plan, progress),
        "## Tasks",
        *(render_task(task, progress.get(task.id, TaskProgress())) for task in plan.tasks),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _title(objective: str) -> str:
    return shorten(clean(objective), TITLE_LENGTH)


def _state_line(plan: Plan, progress: Mapping[str, TaskProgress], approval: Approval | None) -> str:
    done = sum(_state(progress, task) is TaskState.DONE for task in plan.tasks)
    return (
        f"**{_approval_text(plan, approval)}** · version {code_span(short_version(plan.version))}"
        f" · {done} of {counted(len(plan.tasks), 'task')} done · plan {code_span(plan.id)}"
    )


def _approval_text(plan: Plan, approval: Approval | None) -> str:
    if approval is None:
        return "Draft, not approved"
    who = inline(approval.by.called)
    decided = f"by {who} on {approval.at:%Y-%m-%d}"
    if approval.version != plan.version:
        return f"Changed since it was {approval.decision} {decided}; not approved"
    if approval.decision is Decision.APPROVED:
        return f"Approved {decided}"
    reason = f": {inline(approval.reason)}" if approval.reason else ""
    return f"Rejected {decided}{reason}"


def _warnings(plan: Plan) -> str:
    lines = [f"- {inline(each)}" for each in plan.header.warnings]
    return "\n".join(["## Before you approve", "", *lines]) if lines else ""


def _agents(plan: Plan) -> str:
    rows = [
        f"- {inline(role)}: {inline(choice.agent)}"
        + "".join(f", {inline(key)} {inline(value)}" for key, value in choice.options.items())
        for role, choice in plan.header.agents.items()
    ]
    return "\n".join(["## Agents", "", *rows]) if rows else ""


def _figures(plan: Plan, progress: Mapping[str, TaskProgress]) -> str:
    """Return the estimate and the graph; only valid plans have them."""
    if not plan.tasks or plan_problems(plan.tasks):
        return ""
    figures = estimate(plan.tasks)
    widest = max((len(wave) for wave in figures.waves), default=0)
    guessed = len(plan.tasks) - figures.estimated
    default = (
        f" ({guessed} without an estimate, {DEFAULT_MINUTES:g} min assumed)" if guessed else ""
    )
    return "\n".join(
        [
            "## Estimate",
            "",
            "| Tasks | Total work | Critical path | In parallel |",
            "| --- | --- | --- | --- |",
            f"| {len(plan.tasks)}{default} | {duration_text(figures.total_minutes)}"
            f" | {duration_text(figures.critical_minutes)}: {_chain(figures)} | up to {widest} |",
            "",
            _graph(plan, progress),
        ]
    )


def _graph(plan: Plan, progress: Mapping[str, TaskProgress]) -> str:
    if len(plan.tasks) > MOST_DRAWN:
        return f"The graph is omitted: {len(plan.tasks)} tasks are too many to draw."
    return f"```mermaid\n{render_mermaid(plan, progress)}```"


def _chain(figures: PlanEstimate) -> str:
    return " → ".join(code_span(each) for each in figures.critical_path)


def render_task(task: Task, progress: TaskProgress) -> str:
    """Return one task as a section of Markdown."""
    blocks = [
        f"### {code_span(task.id)} {inline(task.title)}",
        "\n".join([_progress_line(progress), *_fields(task)]),
        quoted(task.description) if task.description else "",
        _criteria(task, progress),
    ]
    return "\n\n".join(block for block in blocks if block)


def _progress_line(progress: TaskProgress) -> str:
    box = "x" if progress.state in {TaskState.DONE, TaskState.SKIPPED} else " "
    percent = f"{progress.percent} %" if progress.state is TaskState.RUNNING else ""
    commit = f"commit {code_span(progress.commit[:12])}" if progress.commit else ""
    parts = [f"**{progress.state}**", percent, commit, inline(progress.reason or progress.note)]
    return f"- [{box}] {' · '.join(part for part in parts if part)}"


def _fields(task: Task) -> list[str]:
    """Return a line for every non-empty field."""
    texts = [each for each in FIELDS_BY_LABEL.values() if each.kind is FieldKind.TEXT]
    lists = [each for each in FIELDS_BY_LABEL.values() if each.kind not in _SINGLE_KINDS]
    sure = task.estimate and f", confidence {number_text(task.estimate.confidence)}"
    minutes = task.estimate and f"{number_text(task.estimate.minutes)} minutes{sure}"
    rows = (
        *((each.label, _text(each, task)) for each in texts),
        (FIELDS_BY_KEY["estimate"].label, minutes),
        *((each.label, line) for each in lists for line in _list_lines(each, task)),
    )
    return [f"- {name}: {value}" for name, value in rows if value]


def _text(field: TaskField, task: Task) -> str:
    value = text_of(field, task)
    return value if not value or is_choice(field, task) else code_span(_one_line(value))


def _list_lines(field: TaskField, task: Task) -> list[str]:
    """Return the lines of a field that contains names."""
    if field.kind is FieldKind.NAMES_BY_FILE:
        rows = names_by_file(field, task).items()
        return [f"{_spans([file])}: {_spans(own)}" for file, own in rows]
    return [_spans(names_of(field, task))]


def _spans(names: Sequence[str]) -> str:
    return ", ".join(code_span(_one_line(name)) for name in names)


def _criteria(task: Task, progress: TaskProgress) -> str:
    if not task.acceptance:
        return ""
    missing = missing_evidence(task, progress.evidence)
    rows = [
        row
        for criterion in task.acceptance
        for row in _criterion(criterion, criterion.id not in missing, progress.evidence)
    ]
    doubts = [f"- {doubt_words(each)}" for each in progress.doubts]
    answered = ["", "**Doubts**", "", *doubts] if doubts else []
    return "\n".join(["**Done when**", "", *rows, *answered])


def doubt_words(answered: AnsweredDoubt) -> str:
    """Return one line of Markdown for a doubt: the place, the answer, its author and time."""
    doubt = answered.doubt
    about = f"{code_span(doubt.place)} {inline(_one_line(doubt.message))}"
    words = inline(_one_line(answered.answer.words))
    return f"{about}: {words} ({answered.at:%Y-%m-%d %H:%M})"


def _criterion(
    criterion: AcceptanceCriterion, is_shown: bool, evidence: Sequence[Evidence]
) -> list[str]:
    phrase = evidence_phrase(criterion)
    shown_by = f" — shown by {phrase}" if phrase else ""
    box = "x" if is_shown else " "
    line = f"- [{box}] {code_span(criterion.id)} {inline(criterion.text)}{shown_by}"
    proofs = [each for each in evidence if each.criterion in {criterion.id, "*"}]
    return [line, *(f"  - {evidence_words(each)}" for each in proofs[-1:])]


def evidence_words(evidence: Evidence) -> str:
    """Return one line of Markdown for a piece of evidence: its content, author and time."""
    who = inline(evidence.by.called)
    return f"{_shown(evidence.shown)} ({who}, {evidence.at:%Y-%m-%d %H:%M})"


def _shown(shown: Shown) -> str:
    match shown:
        case CommandShown():
            return f"{command_span(shown.command)} exited with code {shown.exit_code}"
        case TestsShown():
            return f"tests: {shown.passed} passed, {shown.failed} failed"
        case FileShown():
            held = f" contains {code_span(_one_line(shown.contains))}" if shown.contains else ""
            return f"the file {code_span(_one_line(shown.path))}{held or ' exists'}"
        case VerdictShown():
            verdict = "met" if shown.passed else "not met"
            return f"{inline(shown.auditor)} reports {verdict}: {inline(shown.text)}"
        case WordGiven():
            return f"confirmed by hand: {inline(shown.text)}" if shown.text else "confirmed by hand"


def _state(progress: Mapping[str, TaskProgress], task: Task) -> TaskState:
    return progress.get(task.id, TaskProgress()).state


def _one_line(text: str) -> str:
    """Return a name without line breaks; only names in invalid plans contain them."""
    return " ".join(text.split("\n"))
