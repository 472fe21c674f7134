"""Finds the agent call to show for a task: the call in progress, or else the latest call."""

from podium.dialogue.documents.figures import limits_text
from podium.model.agents import Role
from podium.model.plans import Task
from podium.model.rules.call_limits import call_limits
from podium.model.rules.steps import AgentStep, step_at, tree_of
from podium.model.runs import Run, TaskRun
from podium.model.states import Phase
from podium.runs.context import call_key, call_keys


def latest_call_key(run: Run, row: TaskRun) -> str:
    """Return the key of the current or latest call of a task that has an attempt."""
    if current := call_keys(run, row):
        return current[0]
    calls = row.attempt.calls
    return calls[-1].key if calls else call_key(run, row.task_id, row.attempt, "execute")


def latest_limits(run: Run, row: TaskRun, task: Task | None) -> str:
    """Return the limits of a task's current or latest call, if they are not the configured ones."""
    if task is None or not row.attempts:
        return ""
    step = step_at(tree_of(run), row.attempt.at) if row.phase is Phase.WORKING else None
    # The limits of a repair depend on the contents of files, so they are known when it has ended.
    if isinstance(step, AgentStep) and step.role is not Role.CONSULTANT:
        chain = run.agents.get(task.role) if step.role is Role.EXECUTOR else None
        chain = chain or run.agents.get(step.role, ())
        if row.attempt.choice < len(chain):
            fitted = call_limits(run, row, task, Role(step.role), chain[row.attempt.choice])
            return limits_text(fitted.limits, fitted.reason) if fitted.reason else ""
    calls = row.attempt.calls
    return limits_text(calls[-1].limits, calls[-1].limits_because) if calls else ""
