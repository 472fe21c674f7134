"""Finds the agent call to show for a task: the call in progress, or else the latest call."""

from podium.model.runs import Run, TaskRun
from podium.runs.context import call_key, call_keys


def latest_call_key(run: Run, row: TaskRun) -> str:
    """Return the key of the current or latest call of a task that has an attempt."""
    if current := call_keys(run, row):
        return current[0]
    calls = row.attempt.calls
    return calls[-1].key if calls else call_key(run, row.task_id, row.attempt, "execute")
