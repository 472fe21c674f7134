"""Describes the current activity of a task in a run."""

from podium.model.rules.steps import title_at, tree_of
from podium.model.runs import ACTIVE_PHASES, Run, TaskRun
from podium.model.states import Phase


def doing(run: Run, row: TaskRun, *, is_held: bool) -> str:
    """Return the title of a task's current step, or its phase outside the tree.

    Args:
        run: the run.
        row: the task's record.
        is_held: whether an open question holds the task, so that it is only waiting.
    """
    if is_held and row.phase in ACTIVE_PHASES:
        return str(Phase.WAITING)
    if row.phase is Phase.WORKING and row.attempts:
        return title_at(tree_of(run), row.attempt.at)
    return str(row.phase)
