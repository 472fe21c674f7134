"""Pure transitions of a task's record between phases."""

from datetime import datetime

from podium.gates.pipeline import can_be_repaired
from podium.model.agents import Outcome, Role
from podium.model.runs import Attempt, GateResult, Run, Step, TaskRun
from podium.model.states import PHASE_MACHINE, Phase
from podium.runs.context import attempt_branch

HOPELESS = frozenset({Outcome.UNAVAILABLE, Outcome.UNAUTHENTICATED})
"""Outcomes that another attempt with the same agent would repeat."""


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
    """Return the record in its next phase.

    Raises:
        StateTransitionError: the transition is not allowed; a bug in the runner.
    """
    PHASE_MACHINE.check(record.task_id, record.phase, phase)
    return record.model_copy(update={"phase": phase, "reason": reason})


def with_attempt(record: TaskRun, **changes: object) -> TaskRun:
    """Return the record with changed fields in its latest attempt."""
    attempt = record.attempt.model_copy(update=changes)
    return record.model_copy(update={"attempts": (*record.attempts[:-1], attempt)})


def with_step(record: TaskRun, step: Step) -> TaskRun:
    """Return the record with a step added, or replaced if its key exists."""
    others = tuple(each for each in record.attempt.steps if each.key != step.key)
    return with_attempt(record, steps=(*others, step))


def with_gates(record: TaskRun, results: tuple[GateResult, ...]) -> TaskRun:
    """Return the record with gate results; earlier results of the same stage are replaced."""
    stages = {each.stage for each in results}
    kept = tuple(each for each in record.attempt.gates if each.stage not in stages)
    return with_attempt(record, gates=(*kept, *results))


def fail_attempt(
    record: TaskRun, problem: str, feedback: str, now: datetime, outcome: Outcome | None = None
) -> TaskRun:
    """Return the record with its attempt failed; `decide` chooses whether to retry."""
    failed = with_attempt(
        record,
        problem=problem,
        feedback=feedback or problem,
        hopeless=outcome in HOPELESS,
        ended_at=now,
    )
    return to_phase(failed, Phase.RETRYING, problem)


def may_recover(run: Run, record: TaskRun, failed: GateResult) -> bool:
    """Return whether the consultant may repair what this gate refused.

    Repairs after a review do not count here; the number of review rounds limits them.
    """
    for_gates = record.attempt.recoveries - record.attempt.audits
    tries_left = for_gates < run.settings.max_recovery_attempts
    return tries_left and Role.CONSULTANT in run.agents and can_be_repaired(failed.gate)
