"""The command step: a command in the worktree that must exit with code 0."""

from podium.gates.command_gate import check_command
from podium.gates.pipeline import feedback
from podium.model.plans import Task
from podium.model.rules.steps import RunStep
from podium.model.runs import CommandStepResult, TaskRun
from podium.model.sandbox import CommandKind
from podium.runs.context import RunContext
from podium.runs.transitions import with_result


async def run_command_step(
    context: RunContext, task: Task, record: TaskRun, step: RunStep
) -> TaskRun:
    """Run the command; its output is part of the result."""
    folder = context.worktree_folder(task.id, record.attempt)
    confinement = context.confine(CommandKind.GATES, folder)
    gate = await check_command(step.command, folder, context.variables(folder), confinement)
    result = CommandStepResult(
        path=record.attempt.at,
        passed=gate.passed,
        summary=gate.summary,
        problem="" if gate.passed else f"{step.title}: {gate.summary}",
        feedback=feedback([gate]),
        repairable=True,
        gates=(gate,),
    )
    return with_result(record, result)
