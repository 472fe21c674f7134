"""The executor's step: an agent carries out the task in the attempt's worktree."""

from podium.dialogue.prompts.roles import executor_prompt
from podium.errors import AgentUnavailable
from podium.model.agents import Outcome, Role
from podium.model.plans import Task
from podium.model.runs import AgentResult, TaskRun
from podium.runs.context import RunContext
from podium.runs.steps.agent_calls import Prompt, chain_of, failed_result, work_of
from podium.runs.steps.chain import ChainStep
from podium.runs.transitions import with_result

_CHECKED_OUTCOMES = frozenset((Outcome.COMPLETED, Outcome.TRUNCATED))
"""Outcomes after which the worktree is checked; work from a truncated reply can be continued."""


async def execute(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Call the executor, or the agent of the task's own role."""
    attempt = record.attempt
    try:
        chain = chain_of(context.run, task.role, Role.EXECUTOR)
    except AgentUnavailable as error:
        outcome = Outcome.START_FAILED
        unavailable = AgentResult(
            path=attempt.at, passed=False, problem=str(error), outcome=outcome
        )
        return with_result(record, unavailable)
    prompt = Prompt(
        role=Role.EXECUTOR,
        number=attempt.number + _repeated_calls(record),
        text=executor_prompt(work_of(context, task, record)),
        restore_to=attempt.checkpoint,
        files=task.files.all,
    )
    asked = await ChainStep(context, task, record, chain, prompt).ask()
    if isinstance(asked, TaskRun):
        return asked
    reply = asked.reply
    if reply.outcome not in _CHECKED_OUTCOMES:
        return with_result(record, failed_result(attempt.at, asked.calls, reply))
    result = AgentResult(path=attempt.at, passed=True, calls=asked.calls, outcome=reply.outcome)
    return with_result(record, result)


def _repeated_calls(record: TaskRun) -> int:
    """Return how many calls in earlier attempts repeated a failed call."""
    calls = [
        sum(call.role is Role.EXECUTOR for call in attempt.work) for attempt in record.attempts[:-1]
    ]
    return sum(max(0, number - 1) for number in calls)
