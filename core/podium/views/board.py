"""The rows of the board: plans, their tasks, the runs of a task, findings; pure.

A face draws rows as they come. What may be done with one follows from its `kind`; its `arguments`
are what an operation about it takes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from podium.model import layout
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.plans import Plan, Task
from podium.model.progress import TaskProgress, next_tasks
from podium.model.runs import ACTIVE_PHASES, Run, TaskRun
from podium.model.states import PlanState, RunState, TaskState
from podium.views.words import SEPARATOR, counted, joined, shorten

LONGEST = 90
FINDINGS = "findings"


class BoardRow(Frozen):
    """A node of the board."""

    node: str
    """Names it: `p-7k3m9x/t1`; what `board.rows` takes to return the rows below."""
    kind: str
    """What it is and its state, for instance `task.failed`."""
    label: str
    description: str = ""
    tooltip: str = ""
    parent: bool = False
    """There are rows below."""
    expanded: bool = False
    """The rows below are worth seeing at once."""
    arguments: dict[str, str] = Field(default_factory=dict)
    path: str = ""
    """The file that it is about, relative to the project; nothing when there is none."""
    line: int = 1
    """The line in that file."""


@dataclass(frozen=True)
class PlanFacts:
    """What the board needs to know of a plan.

    Args:
        plan: the plan.
        state: its state.
        progress: of its tasks, by id.
        runs: of the plan, newest first.
        active: the run that has not ended, if there is one.
        phases: of the tasks in that run, by id.
        findings: the open ones about its tasks, worst first.
    """

    plan: Plan
    state: PlanState
    progress: Mapping[str, TaskProgress]
    runs: Sequence[Run] = ()
    active: Run | None = None
    phases: Mapping[str, TaskRun] = field(default_factory=dict[str, TaskRun])
    findings: Sequence[Finding] = ()


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
    kind, description = _task_words(progress, facts.phases.get(task.id), is_ready=is_ready)
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


def _task_words(row: TaskProgress, in_run: TaskRun | None, *, is_ready: bool) -> tuple[str, str]:
    """Return a task's state: for its kind, and for people."""
    if in_run is not None and in_run.phase in ACTIVE_PHASES:
        attempt = f"attempt {len(in_run.attempts)}" if len(in_run.attempts) > 1 else ""
        return "running", joined(str(in_run.phase), attempt)
    state = "ready" if row.state is TaskState.PENDING and is_ready else str(row.state)
    return state, joined(state, f"{row.percent} %" if 0 < row.percent < 100 else "", row.reason)


def run_rows(
    plan_id: str, task_id: str, runs: Iterable[tuple[Run, TaskRun]], findings: Sequence[Finding]
) -> tuple[BoardRow, ...]:
    """Return a row for each run of a task, then for the task's findings that no run made.

    Args:
        runs: newest first, each with the task in it.
        findings: the open ones about the task, worst first.
    """
    mine = [each for each in findings if (each.plan_id, each.task_id) == (plan_id, task_id)]
    rows = [_run_row(run, row, mine) for run, row in runs]
    return (*rows, *finding_rows(each for each in mine if not each.run_id))


def _run_row(run: Run, row: TaskRun, findings: Sequence[Finding]) -> BoardRow:
    has_findings = any(each.run_id == run.id for each in findings)
    tries = counted(len(row.attempts), "attempt")
    problem = row.reason or (row.attempts[-1].problem if row.attempts else "")
    task = f"{run.plan_id}/{row.task_id}"
    return BoardRow(
        node=f"{task}/{run.id}",
        kind=f"run.{'running' if row.phase in ACTIVE_PHASES else row.phase}",
        label=f"Run {run.id}",
        description=joined(str(row.phase), tries, f"{run.created_at.astimezone():%d %b %H:%M}"),
        tooltip=joined(f"Run {run.id}: {row.phase}", problem, sign="\n\n"),
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
    """Return the row that stands for all open findings; none when there are none."""
    if not findings:
        return ()
    return (
        BoardRow(
            node=FINDINGS,
            kind="findings",
            label="Findings",
            description=f"{len(findings)} open",
            tooltip="What audits and gates found and nobody settled",
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
        line: where it is now, from 1, for a face that knows better than what was recorded.
    """
    at = line or finding.range.start.line
    fixable = "fixable" if finding.suggested_edit is not None else "open"
    return BoardRow(
        node=f"finding/{finding.id}",
        kind=f"finding.{finding.severity}.{fixable}",
        label=shorten(finding.message, LONGEST),
        description=joined(f"line {at}", finding.category),
        tooltip=joined(
            finding.message, f"{finding.path}:{at}", f"said by {finding.said_by}", sign="\n\n"
        ),
        arguments={"finding": finding.id},
        path=finding.path,
        line=at,
    )
