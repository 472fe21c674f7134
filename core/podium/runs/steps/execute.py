"""The executor's step: an agent carries out the task in the attempt's worktree."""

from podium.dialogue.prompts.roles import executor_prompt
from podium.errors import AgentUnavailable
from podium.model.agents import Outcome, Role
from podium.model.plans import Task
from podium.model.runs import AgentResult, TaskRun
from podium.runs.context import RunContext
from podium.runs.steps.agent_calls import Prompt, call_agent, choice_of, failed_result, work_of
from podium.runs.transitions import with_result

_CHECKED_OUTCOMES = frozenset((Outcome.COMPLETED, Outcome.TRUNCATED))
"""Outcomes after which the worktree is checked; work of a truncated reply can be continued."""


async def execute(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Call the executor, or the agent of the task's own role."""
    attempt = record.attempt
    try:
        choice = choice_of(context.run, task.role, Role.EXECUTOR)
    except AgentUnavailable as error:
        outcome = Outcome.START_FAILED
        unavailable = AgentResult(
            path=attempt.at, passed=False, problem=str(error), outcome=outcome
        )
        return with_result(record, unavailable)
    prompt = Prompt(
        role=Role.EXECUTOR,
        number=attempt.number,
        text=executor_prompt(work_of(context, task, record)),
        restore_to=attempt.checkpoint,
        files=task.files.all,
        limits=context.run.settings.limits,
    )
    call, reply = await call_agent(context, task, record, choice, prompt)
    if reply.outcome not in _CHECKED_OUTCOMES:
        return with_result(record, failed_result(attempt.at, [call], reply))
    result = AgentResult(path=attempt.at, passed=True, calls=(call,), outcome=reply.outcome)
    return with_result(record, result)
