"""The functions that carry out the steps of the tree, by kind."""

from collections.abc import Awaitable, Callable, Mapping

from podium.model.agents import Role
from podium.model.plans import Task
from podium.model.rules.next_steps import next_steps
from podium.model.rules.steps import (
    AgentStep,
    ConfirmStep,
    DoubtStep,
    GateStep,
    LeafStep,
    RunStep,
    WaitStep,
)
from podium.model.runs import TaskRun
from podium.runs.context import RunContext
from podium.runs.steps.command import run_command_step
from podium.runs.steps.confirm import confirm
from podium.runs.steps.doubts import ask_about_doubts
from podium.runs.steps.execute import execute
from podium.runs.steps.gates import check
from podium.runs.steps.question import wait_for_answer
from podium.runs.steps.repair import repair
from podium.runs.steps.review import review
from podium.runs.transitions import fail_attempt, next_step, with_attempt

StepFunction = Callable[[RunContext, Task, TaskRun], Awaitable[TaskRun]]

BY_ROLE: Mapping[Role, StepFunction] = {
    Role.EXECUTOR: execute,
    Role.CONSULTANT: repair,
    Role.AUDITOR: review,
}


async def carry_out(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Carry out the due step; return the record at the following step or phase.

    If the record is returned unchanged, the task waits for a question to end.
    """
    now, tree = context.clock.now, context.tree
    due = next_steps(tree, record.attempt.results)
    if not isinstance(due, tuple):
        return next_step(tree, record, now())
    if not context.has_worktree(task.id, record.attempt):
        return fail_attempt(record, "the worktree no longer exists", "", now())
    standing = with_attempt(record, at=due[0].path)
    after = await _carry_out(context, task, standing, due[0].step)
    return record if after is standing else next_step(tree, after, now())


async def _carry_out(context: RunContext, task: Task, record: TaskRun, step: LeafStep) -> TaskRun:
    match step:
        case AgentStep(role=role):
            return await BY_ROLE.get(role, execute)(context, task, record)
        case GateStep():
            return await check(context, task, record)
        case RunStep():
            return await run_command_step(context, task, record, step)
        case DoubtStep(judge=judge):
            return await ask_about_doubts(context, task, record, judge)
        case ConfirmStep():
            return await confirm(context, task, record)
        case WaitStep():
            return await wait_for_answer(context, task, record, step)
