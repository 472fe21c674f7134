"""The consultant's step (recovery mode): an agent repairs a change rejected by a gate or a review.

It works in the attempt's own worktree, and the gates run again on the result. If the repair fails,
so does the attempt: its branch keeps the rejected files for inspection, and the next attempt starts
with a clean worktree.
"""

from podium.dialogue.prompts.roles import consultant_prompt
from podium.gates.pipeline import feedback
from podium.model.agents import Outcome, Role
from podium.model.plans import Task
from podium.model.rules.call_limits import FittedLimits, Need, fit_limits
from podium.model.runs import AgentResult, TaskRun
from podium.runs.context import RunContext
from podium.runs.steps.agent_calls import Prompt, chain_of, failed_result, work_of
from podium.runs.steps.chain import ChainStep
from podium.runs.transitions import with_result

SECONDS_PER_KILOBYTE = 6.0
"""Time that a slow agent needs to rewrite a kilobyte."""

_LEAST_SECONDS = 120.0
_TIMES_AS_LONG = 2.0
"""Time limit of a repair, as a multiple of the attempt's slowest call."""


async def repair(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Ask the consultant once to repair the rejected change."""
    attempt = record.attempt
    refused = [gate for gate in attempt.gates if not gate.passed]
    problems = feedback(refused)
    prompt = Prompt(
        role=Role.CONSULTANT,
        number=attempt.repairs - len(attempt.tries) + 1,
        text=consultant_prompt(work_of(context, task, record), problems.splitlines()),
        restore_to=attempt.commit,
        files=attempt.changed_files,
        limits=await _limits(context, record),
    )
    asked = await ChainStep(
        context, task, record, chain_of(context.run, Role.CONSULTANT), prompt
    ).ask()
    if isinstance(asked, TaskRun):
        return asked
    reply = asked.reply
    if reply.outcome is not Outcome.COMPLETED:
        prefix = f"{refused[0].summary}; the consultant did not repair it: "
        failed = failed_result(attempt.at, asked.calls, reply, prefix)
        # Another attempt does not depend on the consultant, so its outcome is omitted.
        update = {"feedback": problems, "outcome": None}
        return with_result(record, failed.model_copy(update=update))
    result = AgentResult(
        path=attempt.at,
        passed=True,
        summary="repaired by the consultant",
        calls=asked.calls,
        outcome=reply.outcome,
    )
    return with_result(record, result)


async def _limits(context: RunContext, record: TaskRun) -> FittedLimits:
    """Return limits that grow with the size of the changed files, capped by the run's limits."""
    size = 0
    for path in record.attempt.changed_files:
        text = await context.repository.file_at(record.attempt.commit, path)
        size += len(text or b"")
    needs = (
        Need(size / 1024 * SECONDS_PER_KILOBYTE, f"the files have {size / 1024:.0f} kB"),
        Need(_TIMES_AS_LONG * _slowest(record), "the calls of the attempt took that long"),
    )
    return fit_limits(context.run.settings.limits, needs, least=_LEAST_SECONDS)


def _slowest(record: TaskRun) -> float:
    """Return the duration of this attempt's longest call, a measure of how slow the agents are."""
    calls = record.attempt.calls
    spans = [each.ended_at - each.started_at for each in calls if each.started_at and each.ended_at]
    return max((span.total_seconds() for span in spans), default=0.0)
