"""What stands below a node of an editor's tree: plans, their tasks, runs and findings.

An editor shows rows as they come: what may be done with one follows from its `kind`, and its
`arguments` are what a command about it takes. Must not know how a tree is drawn.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import anyio.to_thread
from pydantic import Field

from podium.entities.plan_states import state_of_plan
from podium.entities.plans import load_plan, plan_ids
from podium.entities.runs import active_run, all_runs, load_task_runs
from podium.entities.tasks import load_progress, task_states
from podium.errors import ValidationError
from podium.model import layout
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.plans import Plan, Task
from podium.model.progress import TaskProgress, next_tasks
from podium.model.runs import ACTIVE_PHASES, Run, TaskRun
from podium.model.states import FindingStatus, PlanState, TaskState
from podium.operations.finding.views import all_findings
from podium_lsp.background.project_watcher import ProjectWatcher
from podium_lsp.background.workspace import Workspace
from podium_lsp.session.projects import Project

SEPARATOR = "\N{MIDDLE DOT}"
_LONGEST = 90


class Row(Frozen):
    """A node of the tree."""

    id: str
    """What `podium.tree` takes to tell what stands below."""
    kind: str
    """What it is and how it stands, for instance `task.failed`."""
    label: str
    description: str = ""
    tooltip: str = ""
    parent: bool = False
    """Something stands below."""
    expanded: bool = False
    """It is worth looking below at once."""
    arguments: dict[str, str] = Field(default_factory=dict)
    uri: str = ""
    """The file that it is about, at `line` from 0."""
    line: int = 0


Rows = Iterator[Row]


async def tree_rows(workspace: Workspace, arguments: Mapping[str, Any]) -> Any:
    """Return the rows below a node.

    Args:
        arguments: `node`, the id of a row; without one the top is meant.

    Raises:
        ValidationError: there is no such node.
    """
    watched = workspace.watched
    if not watched:
        await workspace.look_everywhere()
        watched = workspace.watched
    node = str(arguments.get("node", ""))
    if not node and len(watched) > 1:
        rows = [_project_row(project, watcher) for project, watcher in watched]
        return [row.model_dump() for row in rows]
    uri, _, path = node.partition("#")
    for project, watcher in watched:
        if not node or project.uri("") == uri:
            work = partial(_below, _Shown(project, watcher), path.split("/") if path else [])
            return [row.model_dump() for row in await anyio.to_thread.run_sync(work)]
    return []


class _Shown:
    """A project, read as often as rows are asked for."""

    def __init__(self, project: Project, watcher: ProjectWatcher) -> None:
        self.project = project
        self.store = project.store
        self.diagnostics = watcher.diagnostics

    def id(self, *path: str) -> str:
        """Return a node's id."""
        return f"{self.project.uri('')}#{'/'.join(path)}"

    def findings(self, **wanted: str) -> list[Finding]:
        """Return the open findings whose fields are as wanted, worst first."""
        return [
            each
            for each in all_findings(self.store)
            if each.status is FindingStatus.OPEN
            and all(getattr(each, name) == value for name, value in wanted.items())
        ]


def _below(shown: _Shown, path: Sequence[str]) -> list[Row]:
    match path:
        case []:
            return [*_plans(shown), *_findings_group(shown)]
        case ["findings"]:
            return [_file_row(shown, name, rows) for name, rows in _by_file(shown.findings())]
        case ["findings", *names]:
            wanted = shown.findings(path="/".join(names))
            return [_finding_row(shown, each) for each in wanted]
        case [plan_id]:
            return list(_tasks(shown, load_plan(shown.store, plan_id)))
        case [plan_id, task_id]:
            return list(_runs_of_task(shown, plan_id, task_id))
        case [plan_id, task_id, run_id]:
            found = shown.findings(plan_id=plan_id, task_id=task_id, run_id=run_id)
            return [_finding_row(shown, each) for each in found]
        case _:
            raise ValidationError(f"There is no node {'/'.join(path)!r} in the tree")


def _project_row(project: Project, watcher: ProjectWatcher) -> Row:
    return Row(
        id=f"{project.uri('')}#",
        kind="project",
        label=project.shown.name,
        description=_counted(watcher.diagnostics.open_findings, "finding"),
        tooltip=str(project.shown),
        parent=True,
        expanded=True,
        uri=project.uri(""),
    )


# -- plans


def _plans(shown: _Shown) -> Rows:
    for number, plan_id in enumerate(plan_ids(shown.store)):
        yield _plan_row(shown, load_plan(shown.store, plan_id), newest=number == 0)


def _plan_row(shown: _Shown, plan: Plan, *, newest: bool) -> Row:
    state = state_of_plan(shown.store, plan)
    states = task_states(plan, load_progress(shown.store, plan.id))
    done = sum(each is TaskState.DONE for each in states.values())
    run = active_run(shown.store, plan.id)
    runs = [run] if run else all_runs(shown.store, plan.id)[:1]
    paused = run is not None and run.state == "paused"
    return Row(
        id=shown.id(plan.id),
        kind=f"plan.{'paused' if paused else state}",
        label=_short(plan.objective),
        description=f"{'paused' if paused else state} {SEPARATOR} {done} of {len(plan.tasks)} done",
        tooltip=_joined(plan.objective, plan.header.summary, plan.id, sign="\n\n"),
        parent=bool(plan.tasks),
        expanded=newest or state is PlanState.RUNNING,
        arguments={"plan": plan.id, **({"run": runs[0].id} if runs else {})},
        uri=shown.project.uri(f".podium/{layout.plan_header(plan.id).path}"),
    )


# -- tasks


def _tasks(shown: _Shown, plan: Plan) -> Rows:
    progress = load_progress(shown.store, plan.id)
    ready = {task.id for task in next_tasks(plan, progress)}
    run = active_run(shown.store, plan.id)
    phases = load_task_runs(shown.store, run) if run else {}
    tried = {task_id for each in all_runs(shown.store, plan.id) for task_id in each.task_ids}
    found = shown.findings(plan_id=plan.id)
    for task in plan.tasks:
        mine = [each for each in found if each.task_id == task.id]
        row = progress.get(task.id, TaskProgress())
        words = _format_task(row, phases.get(task.id), is_ready=task.id in ready)
        yield _task_row(shown, plan, task, words, parent=bool(mine) or task.id in tried)


def _task_row(
    shown: _Shown, plan: Plan, task: Task, words: tuple[str, str], *, parent: bool
) -> Row:
    kind, description = words
    return Row(
        id=shown.id(plan.id, task.id),
        kind=f"task.{kind}",
        label=_short(task.title),
        description=_joined(task.id, description),
        tooltip=_joined(
            task.title,
            task.description,
            *(f"{SEPARATOR} {each.text}" for each in task.acceptance),
            sign="\n\n",
        ),
        parent=parent,
        arguments={"plan": plan.id, "task": f"{plan.id}/{task.id}"},
        uri=shown.project.uri(f".podium/{layout.task(plan.id, task.id).path}"),
    )


def _format_task(row: TaskProgress, in_run: TaskRun | None, *, is_ready: bool) -> tuple[str, str]:
    """Return how a task stands: for its kind, and for people."""
    if in_run is not None and in_run.phase in ACTIVE_PHASES:
        attempt = f"attempt {len(in_run.attempts)}" if len(in_run.attempts) > 1 else ""
        return "running", _joined(str(in_run.phase), attempt)
    told = "ready" if row.state is TaskState.PENDING and is_ready else str(row.state)
    return told, _joined(told, f"{row.percent} %" if 0 < row.percent < 100 else "", row.reason)


# -- runs


def _runs_of_task(shown: _Shown, plan_id: str, task_id: str) -> Rows:
    for run in all_runs(shown.store, plan_id):
        row = load_task_runs(shown.store, run).get(task_id)
        if row is not None:
            yield _run_row(shown, run, row)
    for each in shown.findings(plan_id=plan_id, task_id=task_id, run_id=""):
        yield _finding_row(shown, each)


def _run_row(shown: _Shown, run: Run, row: TaskRun) -> Row:
    found = shown.findings(plan_id=run.plan_id, task_id=row.task_id, run_id=run.id)
    tries = _counted(len(row.attempts), "attempt")
    problem = row.reason or (row.attempts[-1].problem if row.attempts else "")
    return Row(
        id=shown.id(run.plan_id, row.task_id, run.id),
        kind=f"run.{'running' if row.phase in ACTIVE_PHASES else row.phase}",
        label=f"Run {run.id}",
        description=_joined(str(row.phase), tries, f"{run.created_at.astimezone():%d %b %H:%M}"),
        tooltip=_joined(f"Run {run.id}: {row.phase}", problem, sign="\n\n"),
        parent=bool(found),
        expanded=bool(found),
        arguments={
            "plan": run.plan_id,
            "run": run.id,
            "task": f"{run.plan_id}/{row.task_id}",
            "report": run.id,
            "log": f"{run.id}/{row.task_id}",
        },
    )


# -- findings


def _findings_group(shown: _Shown) -> Rows:
    if found := shown.findings():
        yield Row(
            id=shown.id("findings"),
            kind="findings",
            label="Findings",
            description=f"{len(found)} open",
            tooltip="What audits and gates found and nobody settled",
            parent=True,
        )


def _by_file(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    by_file: dict[str, list[Finding]] = {}
    for each in findings:
        by_file.setdefault(each.path, []).append(each)
    return sorted(by_file.items())


def _file_row(shown: _Shown, path: str, findings: Sequence[Finding]) -> Row:
    folder, _, name = path.rpartition("/")
    return Row(
        id=shown.id("findings", path),
        kind="file",
        label=name,
        description=_joined(folder, str(len(findings))),
        tooltip=path,
        parent=True,
        expanded=True,
        arguments={"path": path},
        uri=shown.project.uri(path),
    )


def _finding_row(shown: _Shown, finding: Finding) -> Row:
    located = {each.finding.id: each.line for each in shown.diagnostics.located(finding.path)}
    line = located.get(finding.id, finding.range.start.line)
    fixable = "fixable" if finding.suggested_edit is not None else "open"
    return Row(
        id=shown.id("finding", finding.id),
        kind=f"finding.{finding.severity}.{fixable}",
        label=_short(finding.message),
        description=_joined(f"line {line}", finding.category),
        tooltip=_joined(
            finding.message, f"{finding.path}:{line}", f"said by {finding.said_by}", sign="\n\n"
        ),
        arguments={"finding": finding.id},
        uri=shown.project.uri(finding.path),
        line=line - 1,
    )


# -- words


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _joined(*parts: str, sign: str = f" {SEPARATOR} ") -> str:
    return sign.join(part for part in parts if part)
