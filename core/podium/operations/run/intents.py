"""Code shared by pausing, resuming and cancelling: records the request."""

from datetime import datetime

from podium.entities.runs import find_run
from podium.entities.signing import is_run_signed_here
from podium.errors import NotApproved, StateTransitionError
from podium.model import layout
from podium.model.events import Actor, Event, EventKind
from podium.model.runs import END_STATES, RequestedState, Run, RunRequest
from podium.operations.engine import Engine
from podium.operations.run.status import RunStatus, run_status
from podium.store import Transaction


def ask_of_run(engine: Engine, id_or_prefix: str, want: RequestedState) -> RunStatus:
    """Record a user's request for a run, make sure that a runner is running, and return the status.

    Raises:
        StateTransitionError: the run has ended.
        NotApproved: the run was not started on this machine.
        RunNotFound: no run has this id.
    """
    run = _write_intent(engine, id_or_prefix, want)
    engine.start_runner()
    return run_status(engine, run)


def _write_intent(engine: Engine, id_or_prefix: str, want: RequestedState) -> Run:
    now = engine.clock.now()

    def write(tx: Transaction) -> Run:
        run = find_run(tx, id_or_prefix)
        check_active(run, want)
        engine.expect_runner()
        put_intent(tx, run.id, want, engine.actor, now)
        return run

    return engine.store.transact(write)


def put_intent(
    tx: Transaction, run_id: str, want: RequestedState, by: Actor, now: datetime
) -> None:
    """Store a user's request for a run."""
    tx.put(layout.run_intent(run_id), RunRequest(want=want, by=by, at=now))
    tx.record(Event(kind=EventKind.RUN_INTENT, subject=run_id, message=want, data={"want": want}))


def check_active(run: Run, want: RequestedState) -> None:
    """Check that a run can still be paused, resumed or cancelled.

    Raises:
        StateTransitionError: the run has ended.
        NotApproved: the run was not started on this machine.
    """
    if run.state in END_STATES:
        raise StateTransitionError(
            f"Run {run.id} has ended: {run.state}",
            why="an ended run cannot be paused, resumed or cancelled",
            hints=[f"podium run {run.plan_id} starts a new run for the remaining tasks"],
        )
    if not is_run_signed_here(run):
        raise NotApproved(
            f"Run {run.id} was not started on this machine",
            why="it arrived with the project, and no one on this machine has approved it",
            hints=[
                f"podium show {run.plan_id} shows its plan",
                f"podium run {run.plan_id} starts a run of your own, after your approval",
            ],
        )
