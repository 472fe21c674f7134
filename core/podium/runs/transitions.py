"""Pure steps of a task's record through its phases; must not know how a phase is carried out."""

from datetime import datetime

from podium.gates.pipeline import can_be_repaired
from podium.model.agents import Outcome, Role
from podium.model.runs import Attempt, GateResult, Run, Step, TaskRun
from podium.model.states import PHASE_MACHINE, Phase
from podium.runs.context import attempt_branch

HOPELESS = frozenset({Outcome.UNAVAILABLE, Outcome.UNAUTHENTICATED})
"""Outcomes that another try of the same agent would meet again."""


def open_attempt(run: Run, record: TaskRun, now: datetime) -> TaskRun:
    """Return the record with its next attempt opened."""
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
        StateTransitionError: no such arrow; a bug of the runner.
    """
    PHASE_MACHINE.check(record.task_id, record.phase, phase)
    return record.model_copy(update={"phase": phase, "reason": reason})


def with_attempt(record: TaskRun, **changes: object) -> TaskRun:
    """Return the record with fields of its latest attempt changed."""
    attempt = record.attempt.model_copy(update=changes)
    return record.model_copy(update={"attempts": (*record.attempts[:-1], attempt)})


def with_step(record: TaskRun, step: Step) -> TaskRun:
    """Return the record with a step added, or replaced when its key is there already."""
    others = tuple(each for each in record.attempt.steps if each.key != step.key)
    return with_attempt(record, steps=(*others, step))


def with_gates(record: TaskRun, results: tuple[GateResult, ...]) -> TaskRun:
    """Return the record with what the gates said; a stage that is judged again is replaced."""
    stages = {each.stage for each in results}
    kept = tuple(each for each in record.attempt.gates if each.stage not in stages)
    return with_attempt(record, gates=(*kept, *results))


def fail_attempt(
    record: TaskRun, problem: str, feedback: str, now: datetime, outcome: Outcome | None = None
) -> TaskRun:
    """Return the record with its attempt failed; `decide` says whether there is another."""
    failed = with_attempt(
        record,
        problem=problem,
        feedback=feedback or problem,
        hopeless=outcome in HOPELESS,
        ended_at=now,
    )
    return to_phase(failed, Phase.RETRYING, problem)


def may_recover(run: Run, record: TaskRun, failed: GateResult) -> bool:
    """Tell whether the consultant is asked to mend what this gate refused.

    What it mended for the auditor is counted apart, by the rounds of the audit.
    """
    for_gates = record.attempt.recoveries - record.attempt.audits
    tries_left = for_gates < run.settings.max_recovery_attempts
    return tries_left and Role.CONSULTANT in run.agents and can_be_repaired(failed.gate)
