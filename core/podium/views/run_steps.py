"""Describes the current activity of a task in a run."""

from podium.model.rules.steps import title_at, tree_of
from podium.model.runs import Run, TaskRun
from podium.model.states import Phase


def doing(run: Run, row: TaskRun) -> str:
    """Return the title of a task's current step, or its phase outside the tree."""
    if row.phase is Phase.WORKING and row.attempts:
        return title_at(tree_of(run), row.attempt.at)
    return str(row.phase)
