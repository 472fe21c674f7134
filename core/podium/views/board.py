"""The rows of the board: plans, their tasks, the runs of a task, findings.

Faces draw rows in the given order. A row's `kind` decides which actions it offers; its `arguments`
are the parameters for operations on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from podium.model import layout
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.plans import Plan, Task
from podium.model.progress import TaskProgress, next_tasks
from podium.model.questions import Held
from podium.model.runs import ACTIVE_PHASES, Run, TaskRun
from podium.model.states import PlanState, RunState, TaskState
from podium.views.run_steps import doing
from podium.words import SEPARATOR, counted, joined, shorten

LONGEST = 90
FINDINGS = "findings"


class BoardRow(Frozen):
    """A node of the board."""

    node: str
    """Id of the row, such as `p-7k3m9x/t1`; pass it to `board.rows` to get its children."""
    kind: str
    """Type and state, such as `task.failed`."""
    label: str
    description: str = ""
    tooltip: str = ""
    parent: bool = False
    """Whether the row has children."""
    expanded: bool = False
    """Whether to show the children initially."""
    arguments: dict[str, str] = Field(default_factory=dict)
    path: str = ""
    """The file of the row, relative to the project; empty if the row has no file."""
    line: int = 1
    """The line in that file."""


@dataclass(frozen=True)
class PlanFacts:
    """The data about a plan that the board shows.

    Args:
        plan: the plan.
        state: the state of the plan.
        progress: progress by task id.
        runs: the runs of the plan, newest first.
        active: the active run, if any.
        phases: the tasks of the active run, by id.
        findings: open findings in its tasks, most severe first.
        held: what open questions hold in the active run.
    """

    plan: Plan
    state: PlanState
    progress: Mapping[str, TaskProgress]
    runs: Sequence[Run] = ()
    active: Run | None = None
    phases: Mapping[str, TaskRun] = field(default_factory=dict[str, TaskRun])
    findings: Sequence[Finding] = ()
    held: Held = field(default_factory=Held)


def plan_rows(plans: Iterable[PlanFacts]) -> tuple[BoardRow, ...]:
    """Return a row for each plan.

    Args:
        plans: newest first.
    """
    return tuple(_plan_row(each, newest=place == 0) for place, each in enumerate(plans))


def _plan_row(facts: PlanFacts, *, newest: bool) -> BoardRow:
    plan, active = facts.plan, facts.active
    done = sum(
        facts.progress.get(task.id, TaskProgress()).state is TaskState.DONE for task in plan.tasks
    )
    run = active or next(iter(facts.runs), None)
    is_paused = active is not None and active.state is RunState.PAUSED
    state = "paused" if is_paused else str(facts.state)
    return BoardRow(
        node=plan.id,
        kind=f"plan.{state}",
        label=shorten(plan.objective, LONGEST),
        description=joined(state, f"{done} of {len(plan.tasks)} done"),
        tooltip=joined(plan.objective, plan.header.summary, plan.id, sign="\n\n"),
        parent=bool(plan.tasks),
        expanded=newest or facts.state is PlanState.RUNNING,
        arguments={"plan": plan.id, **({"run": run.id} if run else {})},
        path=f".podium/{layout.plan_header(plan.id).path}",
    )


def task_rows(facts: PlanFacts) -> tuple[BoardRow, ...]:
    """Return a row for each task of a plan, in the plan's order."""
    ready = {task.id for task in next_tasks(facts.plan, dict(facts.progress))}
    tried = {task_id for run in facts.runs for task_id in run.task_ids}
    found = {each.task_id for each in facts.findings}
    return tuple(
        _task_row(facts, task, is_ready=task.id in ready, parent=task.id in tried | found)
        for task in facts.plan.tasks
    )


def _task_row(facts: PlanFacts, task: Task, *, is_ready: bool, parent: bool) -> BoardRow:
    plan_id = facts.plan.id
    progress = facts.progress.get(task.id, TaskProgress())
    kind, description = _task_labels(progress, _doing(facts, task.id), is_ready=is_ready)
    criteria = (f"{SEPARATOR} {each.text}" for each in task.acceptance)
    return BoardRow(
        node=f"{plan_id}/{task.id}",
        kind=f"task.{kind}",
        label=shorten(task.title, LONGEST),
        description=joined(task.id, description),
        tooltip=joined(task.title, task.description, *criteria, sign="\n\n"),
        parent=parent,
        arguments={"plan": plan_id, "task": f"{plan_id}/{task.id}"},
        path=f".podium/{layout.task(plan_id, task.id).path}",
    )


def _doing(facts: PlanFacts, task_id: str) -> str:
    """Return an active task's current activity, or an empty string."""
    row = facts.phases.get(task_id)
    if facts.active is None or row is None or row.phase not in ACTIVE_PHASES:
        return ""
    attempt = f"attempt {len(row.attempts)}" if len(row.attempts) > 1 else ""
    return joined(doing(facts.active, row, is_held=facts.held.holds(task_id)), attempt)


def _task_labels(row: TaskProgress, in_run: str, *, is_ready: bool) -> tuple[str, str]:
    """Return the state of a task as used in its kind, and as shown to people."""
    if in_run:
        return "running", in_run
    state = "ready" if row.state is TaskState.PENDING and is_ready else str(row.state)
    return state, joined(state, f"{row.percent} %" if 0 < row.percent < 100 else "", row.reason)


def run_rows(
    plan_id: str,
    task_id: str,
    runs: Iterable[tuple[Run, TaskRun, Held]],
    findings: Sequence[Finding],
) -> tuple[BoardRow, ...]:
    """Return a row for each run of a task, then for the task's findings without a run.

    Args:
        runs: newest first, each with the task in it, and what its questions hold.
        findings: open findings in the task, most severe first.
    """
    mine = [each for each in findings if (each.plan_id, each.task_id) == (plan_id, task_id)]
    rows = [_run_row(run, row, held, mine) for run, row, held in runs]
    return (*rows, *finding_rows(each for each in mine if not each.run_id))


def _run_row(run: Run, row: TaskRun, held: Held, findings: Sequence[Finding]) -> BoardRow:
    has_findings = any(each.run_id == run.id for each in findings)
    tries = counted(len(row.attempts), "attempt")
    said = doing(run, row, is_held=held.holds(row.task_id))
    problem = row.reason or (row.attempts[-1].problem if row.attempts else "")
    task = f"{run.plan_id}/{row.task_id}"
    return BoardRow(
        node=f"{task}/{run.id}",
        kind=f"run.{'running' if row.phase in ACTIVE_PHASES else row.phase}",
        label=f"Run {run.id}",
        description=joined(said, tries, f"{run.created_at.astimezone():%d %b %H:%M}"),
        tooltip=joined(f"Run {run.id}: {said}", problem, sign="\n\n"),
        parent=has_findings,
        expanded=has_findings,
        arguments={
            "plan": run.plan_id,
            "run": run.id,
            "task": task,
            "report": run.id,
            "log": f"{run.id}/{row.task_id}",
        },
    )


def findings_group(findings: Sequence[Finding]) -> tuple[BoardRow, ...]:
    """Return the parent row of all open findings, if there are any."""
    if not findings:
        return ()
    return (
        BoardRow(
            node=FINDINGS,
            kind="findings",
            label="Findings",
            description=f"{len(findings)} open",
            tooltip="Open findings of audits and gates",
            parent=True,
        ),
    )


def file_rows(findings: Iterable[Finding]) -> tuple[BoardRow, ...]:
    """Return a row for each file that has findings, by path."""
    counts: dict[str, int] = {}
    for each in findings:
        counts[each.path] = counts.get(each.path, 0) + 1
    return tuple(_file_row(path, counts[path]) for path in sorted(counts))


def _file_row(path: str, count: int) -> BoardRow:
    folder, _, name = path.rpartition("/")
    return BoardRow(
        node=f"{FINDINGS}/{path}",
        kind="file",
        label=name,
        description=joined(folder, str(count)),
        tooltip=path,
        parent=True,
        expanded=True,
        arguments={"path": path},
        path=path,
    )


def finding_rows(findings: Iterable[Finding]) -> tuple[BoardRow, ...]:
    """Return a row for each finding."""
    return tuple(map(finding_row, findings))


def finding_row(finding: Finding, line: int = 0) -> BoardRow:
    """Return the row of a finding.

    Args:
        finding: the finding.
        line: its current 1-based line, if the face knows a more recent line than the finding.
    """
    at = line or finding.range.start.line
    fixable = "fixable" if finding.suggested_edit is not None else "open"
    return BoardRow(
        node=f"finding/{finding.id}",
        kind=f"finding.{finding.severity}.{fixable}",
        label=shorten(finding.message, LONGEST),
        description=joined(f"line {at}", finding.category),
        tooltip=joined(
            finding.message, f"{finding.path}:{at}", f"reported by {finding.said_by}", sign="\n\n"
        ),
        arguments={"finding": finding.id},
        path=finding.path,
        line=at,
    )
