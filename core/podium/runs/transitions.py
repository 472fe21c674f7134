"""Pure transitions of a task's record between phases and steps."""

from datetime import datetime

from podium.model.agents import Outcome
from podium.model.rules.next_steps import Failed, Passed, next_steps
from podium.model.rules.retries import HOPELESS
from podium.model.rules.steps import Tree
from podium.model.runs import AgentResult, Attempt, Run, StepResult, TaskRun
from podium.model.states import PHASE_MACHINE, Phase
from podium.runs.context import attempt_branch


def open_attempt(run: Run, record: TaskRun, now: datetime) -> TaskRun:
    """Return the record with a new attempt."""
    number = len(record.attempts) + 1
    attempt = Attempt(
        number=number, branch=attempt_branch(run, record.task_id, number), started_at=now
    )
    return to_phase(record, Phase.PREPARING).model_copy(
        update={"attempts": (*record.attempts, attempt)}
    )


def to_phase(record: TaskRun, phase: Phase, reason: str = "") -> TaskRun:
    """Return the record in its next phase, or at another step of the same phase.

    Raises:
        StateTransitionError: the transition is not allowed; a bug in the runner.
    """
    if phase is not record.phase:
        PHASE_MACHINE.check(record.task_id, record.phase, phase)
    return record.model_copy(update={"phase": phase, "reason": reason})


def with_attempt(record: TaskRun, **changes: object) -> TaskRun:
    """Return the record with changed fields in its latest attempt."""
    attempt = record.attempt.model_copy(update=changes)
    return record.model_copy(update={"attempts": (*record.attempts[:-1], attempt)})


def with_result(record: TaskRun, result: StepResult) -> TaskRun:
    """Return the record with a step's result, replacing an earlier result with the same path."""
    others = tuple(each for each in record.attempt.results if each.path != result.path)
    return with_attempt(record, results=(*others, result), tries=(), choice=0, chosen_because="")


def next_step(tree: Tree, record: TaskRun, now: datetime) -> TaskRun:
    """Return the record at the step that follows its latest result: a step, merging, or failed."""
    results = record.attempt.results
    match next_steps(tree, results):
        case Passed():
            return to_phase(with_attempt(record, at=""), Phase.MERGING, _reason(results))
        case Failed(path):
            return fail_step(record, next(each for each in results if each.path == path), now)
        case due:
            at = due[0].path
            return to_phase(with_attempt(record, at=at), Phase.WORKING, _reason(results))


def _reason(results: tuple[StepResult, ...]) -> str:
    return results[-1].summary if results else ""


def fail_step(record: TaskRun, result: StepResult, now: datetime) -> TaskRun:
    """Return the record with its attempt failed for the reason that a result names."""
    outcome = result.outcome if isinstance(result, AgentResult) else None
    return fail_attempt(record, result.problem, result.feedback, now, outcome)


def fail_attempt(
    record: TaskRun, problem: str, feedback: str, now: datetime, outcome: Outcome | None = None
) -> TaskRun:
    """Return the record with its attempt failed; `decide` chooses whether to retry."""
    failed = with_attempt(
        record,
        at="",
        problem=problem,
        feedback=feedback or problem,
        hopeless=outcome in HOPELESS,
        ended_at=now,
    )
    return to_phase(failed, Phase.RETRYING, problem)
