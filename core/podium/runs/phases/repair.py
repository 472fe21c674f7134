"""The repair phase (recovery mode): the consultant repairs what a gate refused.

It works in the attempt's own worktree, and the gates run again on the result. If the repair fails,
so does the attempt: its branch keeps the refused files for inspection, and the next attempt starts
with a clean worktree.
"""

from podium.agents.failures import describe_failure
from podium.dialogue.prompts.roles import consultant_prompt
from podium.gates.pipeline import feedback
from podium.model.agents import ROLE_PERMISSIONS, AgentRequest, Limits, Outcome, Role
from podium.model.plans import Task
from podium.model.runs import GateResult, TaskRun
from podium.model.states import Phase
from podium.runs.context import RunContext, call_key
from podium.runs.phases.execute import call_agent, step_of, work_of
from podium.runs.transitions import fail_attempt, to_phase, with_attempt, with_step

SECONDS_PER_KILOBYTE = 6.0
"""Time that a slow agent needs to rewrite a kilobyte."""

_LEAST_SECONDS = 120.0
_TIMES_AS_LONG = 2.0
"""Time limit of a repair, as a multiple of the attempt's slowest call."""


async def repair(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Ask the consultant once; return the record in the check phase, or failed."""
    worktree = context.worktree_folder(task.id, record.attempt)
    if not worktree.is_dir():
        return fail_attempt(record, "the worktree no longer exists", "", context.clock.now())
    refused = [gate for gate in record.attempt.gates if not gate.passed]
    request = await _request(context, task, record, refused)
    outcome = await call_agent(context, worktree, request, record.attempt.commit)
    record = with_step(record, step_of(request, outcome))
    record = with_attempt(record, recoveries=record.attempt.recoveries + 1)
    if outcome.reply.outcome is Outcome.COMPLETED:
        return to_phase(record, Phase.CHECKING, "repaired by the consultant")
    failure = describe_failure(request.agent, outcome.reply)
    problem = f"{refused[0].summary}; the consultant did not repair it: {failure}"
    return fail_attempt(record, problem, feedback(refused), context.clock.now())


async def _request(
    context: RunContext, task: Task, record: TaskRun, refused: list[GateResult]
) -> AgentRequest:
    choice = context.run.agents[Role.CONSULTANT]
    attempt = record.attempt
    step = f"recover-{attempt.recoveries + 1}"
    prompt = consultant_prompt(work_of(context, task, record), feedback(refused).splitlines())
    return AgentRequest(
        key=call_key(context.run, task.id, attempt, step),
        agent=choice.agent,
        role=Role.CONSULTANT,
        prompt=prompt,
        folder=str(context.worktree_folder(task.id, attempt)),
        task_id=task.id,
        attempt=attempt.recoveries + 1,
        files=attempt.changed_files,
        permissions=ROLE_PERMISSIONS[Role.CONSULTANT],
        limits=await _limits(context, record),
        options=choice.options,
    )


async def _limits(context: RunContext, record: TaskRun) -> Limits:
    """Return limits that grow with the size of the changed files, capped by the run's limits."""
    size = 0
    for path in record.attempt.changed_files:
        text = await context.repository.file_at(record.attempt.commit, path)
        size += len(text or b"")
    expected = (size / 1024 * SECONDS_PER_KILOBYTE, _TIMES_AS_LONG * _slowest(record))
    wall = max(_LEAST_SECONDS, *expected)
    limits = context.run.settings.limits
    return limits.model_copy(update={"wall_seconds": min(wall, limits.wall_seconds)})


def _slowest(record: TaskRun) -> float:
    """Return the duration of this attempt's longest call, a measure of how slow the agents are."""
    steps = record.attempt.steps
    spans = [each.ended_at - each.started_at for each in steps if each.started_at and each.ended_at]
    return max((span.total_seconds() for span in spans), default=0.0)
