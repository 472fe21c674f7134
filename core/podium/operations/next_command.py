"""The usual next command after a result, for results that do not contain one."""

from collections.abc import Callable
from typing import Any

from podium.model.base import Frozen
from podium.model.states import TaskState
from podium.views.next_steps import Steps, as_command, step


def next_command(operation_id: str, result: Frozen) -> str:
    """Return the usual next command line; empty if there is none.

    Args:
        operation_id: the operation that returned the result.
        result: its result.
    """
    if (follow := _STEPS.get(operation_id)) is None:
        return str(getattr(result, "next", ""))
    steps = follow(result)
    return as_command(steps) if steps else ""


def _after_listing(result: Any) -> Steps:
    return () if result.plans else (step("plan.create"),)


def _after_findings(result: Any) -> Steps:
    return (step("finding.list", where="status:stale"),) if result.stale else ()


def _after_check(result: Any) -> Steps:
    """Return how a person confirms the first criterion that nothing else can show."""
    return tuple(
        step("task.update", task=f"{result.plan_id}/{task.id}", criterion=criterion.id)
        for task in result.tasks
        for criterion in task.criteria
        if task.state is TaskState.DONE and criterion.evidence is None and criterion.is_for_people
    )


def _after_fix(result: Any) -> Steps:
    return () if result.applied else (step("finding.fix", finding=result.finding.id),)


def _after_session(result: Any) -> Steps:
    return (step("session.update", session=result.session.id),)


def _after_snapshots(result: Any) -> Steps:
    newest = result.snapshots[:1]
    return tuple(step("store.restore", sequence=str(each.sequence)) for each in newest)


def _after_clean_up(result: Any) -> Steps:
    if not result.done:
        return (step("store.gc"),) if _has_leftovers(result) else ()
    archived = result.archived[:1]
    return tuple(step("store.gc", take_back=name) for name in archived)


def _has_leftovers(result: Any) -> bool:
    parts = (result.suspended, result.archived, result.worktrees, result.refs, result.transcripts)
    return any(parts)


_STEPS: dict[str, Callable[[Any], Steps]] = {
    "plan.list": _after_listing,
    "plan.check": _after_check,
    "plan.update": lambda result: result.view.next_steps,
    "run.report": lambda result: result.status.next_steps,
    "finding.list": _after_findings,
    "finding.fix": _after_fix,
    "session.create": _after_session,
    "store.snapshots": _after_snapshots,
    "store.gc": _after_clean_up,
}
