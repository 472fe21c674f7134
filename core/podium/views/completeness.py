"""Describes what is missing before a plan is complete, with the same text for every face."""

from podium.model.base import Frozen
from podium.model.progress import CriterionCheck, PlanCheck, TaskCheck
from podium.model.states import TaskState
from podium.views.evidence import doubt_line, evidence_line
from podium.words import counted


class CriterionLine(Frozen):
    """A criterion and the evidence that it is met."""

    met: bool
    text: str
    evidence: str
    """The latest evidence, or what is needed."""


class TaskLines(Frozen):
    """A task with its criteria."""

    id: str
    title: str
    state: TaskState
    criteria: tuple[CriterionLine, ...]
    doubts: tuple[str, ...] = ()
    """The doubts about its changes, with who answered them."""


class Completeness(Frozen):
    """The verdict on a plan."""

    plan_id: str
    complete: bool
    verdict: str
    counts: str
    reasons: tuple[str, ...]
    """The reasons why it is not complete, one sentence each."""
    tasks: tuple[TaskLines, ...]


def completeness(check: PlanCheck) -> Completeness:
    """Format the result of a check for display."""
    return Completeness(
        plan_id=check.plan_id,
        complete=check.complete,
        verdict="complete" if check.complete else "not complete",
        counts=f"{check.done} of {counted(check.total, 'task')} done, "
        f"{counted(check.open_findings, 'open finding')}",
        reasons=check.reasons,
        tasks=tuple(map(_task_lines, check.tasks)),
    )


def _task_lines(task: TaskCheck) -> TaskLines:
    criteria = tuple(map(_criterion_line, task.criteria))
    doubts = tuple(map(doubt_line, task.doubts))
    return TaskLines(
        id=task.id, title=task.title, state=task.state, criteria=criteria, doubts=doubts
    )


def _criterion_line(criterion: CriterionCheck) -> CriterionLine:
    found = criterion.evidence
    evidence = evidence_line(found) if found is not None else f"not shown: needs {criterion.needs}"
    return CriterionLine(met=found is not None, text=criterion.text, evidence=evidence)
