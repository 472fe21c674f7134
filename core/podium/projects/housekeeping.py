"""Housekeeping: suspends idle sessions, archives ended sessions and finished plans.

It runs after the daily snapshot and in `podium gc`. Nothing is deleted unless it is in the archive
or a snapshot. The daily run has a short time limit and leaves the rest for the next day.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from podium.agents.call_directory import CallDirectory
from podium.entities.ended_work import documents_of_ended_tasks
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import all_plans
from podium.entities.references import is_complete
from podium.entities.runs import all_runs
from podium.errors import PodiumError
from podium.model import layout
from podium.model.config import Config, SessionsConfig
from podium.model.events import Actor, Event, EventKind
from podium.model.rules.housekeeping import plans_to_archive, sessions_to_archive, to_suspend
from podium.model.runs import END_STATES, Run
from podium.model.sessions import Session
from podium.model.states import PlanState, RunState, SessionState
from podium.store import Store, Transaction

N = TypeVar("N")

HOUSEKEEPER = Actor(kind="runner", name="housekeeping")
"""The author of automatic housekeeping, which runs in any process that writes to the store."""

DAILY_SECONDS = 2.0
"""Time limit of the daily housekeeping, which delays the process that runs it."""

_ENDED = frozenset({SessionState.COMPLETED, SessionState.FAILED})
_FINISHED = frozenset({PlanState.DONE, PlanState.REJECTED})
_WITH_RESULTS = frozenset({RunState.COMPLETED, RunState.PARTIAL})
_EVENTS = 100_000
_LATELY_HOURS = 24.0
"""How far back to search for session activity if the settings do not limit the idle time."""


@dataclass(frozen=True)
class Chores:
    """Due or completed housekeeping.

    Args:
        suspended: active sessions that are idle, or exceed the limit.
        sessions: ended sessions to archive.
        plans: finished plans to archive, with their runs.
    """

    suspended: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()


def due(
    store: Store, config: Config, now: datetime, landed: Collection[str] = frozenset()
) -> Chores:
    """Return the due housekeeping without changing anything.

    Args:
        store: the project's store.
        config: the settings with the limits.
        now: the current time.
        landed: plans that have landed according to git; the journal may no longer contain the
            event.

    Raises:
        StorageError: the store cannot be read.
    """
    with store.consistent_read():
        return Chores(
            suspended=tuple(sessions_to_suspend(store, config, now)),
            sessions=tuple(sessions_to_archive(_ended_sessions(store), now, config.sessions)),
            plans=tuple(plans_to_archive(_finished_plans(store, landed), now, config.plans)),
        )


def sessions_to_suspend(store: Store, config: Config, now: datetime) -> list[str]:
    """Return active sessions that are idle or exceed the limit, longest idle first."""
    active = _last_changes(store, lambda each: each.state is SessionState.ACTIVE)
    since = now - timedelta(hours=config.sessions.timeout_hours or _LATELY_HOURS)
    if any(at < since for at in active.values()):
        for each in store.history(limit=_EVENTS, since=since):
            session_id = each.event.subject.partition("/")[0]
            if session_id in active:
                active[session_id] = max(active[session_id], each.at)
    return to_suspend(active, now, config.sessions)


def sessions_over_limit(store: Store, config: Config, now: datetime, *, coming: int) -> list[str]:
    """Return the sessions to suspend before more sessions can become active.

    Args:
        store: the project's store.
        config: the settings with the limit.
        now: the current time.
        coming: the number of sessions that are about to become active.
    """
    limit = config.sessions.max_active
    active = [each for each in _sessions(store) if each.state is SessionState.ACTIVE]
    if not limit or len(active) + coming <= limit:
        return []
    only_count = config.model_copy(
        update={
            "sessions": SessionsConfig(timeout_hours=0, max_active=max(1, limit - coming)),
        }
    )
    return sessions_to_suspend(store, only_count, now)


def carry_out(
    store: Store,
    chores: Chores,
    *,
    seconds: float = float("inf"),
    timer: Callable[[], float] = time.monotonic,
) -> Chores:
    """Do the due housekeeping within a time limit. A current snapshot must exist.

    Args:
        store: the store, with the actor of the changes.
        chores: the result of `due`.
        seconds: the time limit, after which no further item is started.
        timer: returns seconds.

    Returns:
        The housekeeping that was done.

    Raises:
        StorageError: the store cannot be written.
    """
    end = timer() + seconds
    if chores.suspended:
        store.transact(lambda tx: suspend(tx, chores.suspended))
    sessions = list(
        _until_deadline(chores.sessions, end, timer, lambda each: _archive_session(store, each))
    )
    plans = list(_until_deadline(chores.plans, end, timer, lambda each: archive_plan(store, each)))
    return Chores(chores.suspended, tuple(sessions), tuple(plans))


def run_daily_housekeeping(
    store: Store, calls: Path, load_config: Callable[[], Config], now: datetime
) -> None:
    """Run the daily housekeeping; failures are ignored and retried the next day.

    Args:
        store: the project's store.
        calls: the directory of agent calls.
        load_config: reads the settings.
        now: the current time.
    """
    own = store.on_behalf_of(HOUSEKEEPER)
    end = time.monotonic() + DAILY_SECONDS
    with contextlib.suppress(PodiumError, OSError):
        carry_out(own, due(own, load_config(), now), seconds=DAILY_SECONDS)
        compress_outputs(compressible_calls(calls), seconds=end - time.monotonic())


def compressible_calls(calls: Path) -> list[CallDirectory]:
    """Return finished agent calls with large uncompressed event files."""
    found = (CallDirectory(output.parent) for output in sorted(calls.glob("*/*/*/*/out.jsonl")))
    return [each for each in found if each.is_compressible()]


def compress_outputs(
    calls: Sequence[CallDirectory],
    *,
    seconds: float = float("inf"),
    timer: Callable[[], float] = time.monotonic,
) -> None:
    """Compress the events of finished calls, within a time limit."""
    for _ in _until_deadline(calls, timer() + seconds, timer, CallDirectory.compress_output):
        pass


def pack_ended_work(store: Store) -> None:
    """Pack the documents of ended runs that still have files of their own.

    Raises:
        StorageError: the store cannot be written.
    """
    for run in all_runs(store):
        if run.state in END_STATES:
            store.maintenance.pack(documents_of_ended_tasks(store, run, run.task_ids))


def suspend(tx: Transaction, session_ids: Sequence[str]) -> None:
    """Suspend the sessions that are still active; they can be resumed."""
    for session_id in session_ids:
        key = layout.session(session_id)
        session = tx.get(key)
        if session is None or session.state is not SessionState.ACTIVE:
            continue
        tx.put(key, session.model_copy(update={"state": SessionState.SUSPENDED}))
        message = "active → suspended: idle for too long, or too many sessions are active"
        tx.record(Event(kind=EventKind.SESSION_CHANGED, subject=session_id, message=message))


def archive_plan(store: Store, plan_id: str) -> list[str]:
    """Move a plan and its runs to the archive, and return the archived documents.

    Raises:
        StorageError: the store cannot be written; nothing was deleted.
    """
    runs = [f"runs/{run.id}/" for run in all_runs(store, plan_id)]
    return store.archive.add(plan_id, f"plans/{plan_id}/", *runs)


def _archive_session(store: Store, session_id: str) -> list[str]:
    return store.archive.add(session_id, f"sessions/{session_id}/")


def _until_deadline(
    names: Sequence[N], end: float, timer: Callable[[], float], act: Callable[[N], object]
) -> Iterator[N]:
    for name in names:
        if timer() >= end:
            return
        act(name)
        yield name


def _ended_sessions(store: Store) -> dict[str, datetime]:
    return _last_changes(store, lambda each: each.state in _ENDED)


def _last_changes(store: Store, wanted: Callable[[Session], bool]) -> dict[str, datetime]:
    """Return the time of the last change of each session by id.

    If the journal no longer contains it, the latest timestamp in the session counts.
    """
    written = store.last_changed("sessions/")
    sessions = filter(wanted, _sessions(store))
    return {each.id: written.get(each.id) or _latest_timestamp(each) for each in sessions}


def _sessions(store: Store) -> Collection[Session]:
    return store.list(layout.sessions()).values()


def _latest_timestamp(session: Session) -> datetime:
    context = session.context
    spoken, decided = (
        (each.at for each in context.messages),
        (each.at for each in context.decisions),
    )
    return max([session.created_at, *spoken, *decided])


def _finished_plans(store: Store, landed: Collection[str]) -> dict[str, datetime]:
    """Return done and rejected plans that have no results waiting to land."""
    written = store.last_changed("plans/")
    found: dict[str, datetime] = {}
    for plan in all_plans(store):
        plan_id = plan.id
        is_finished = state_of_plan(store, plan) in _FINISHED
        if not is_finished or not is_complete(plan.header, plan.tasks):
            continue
        runs = all_runs(store, plan_id)
        ended = all(run.state in END_STATES for run in runs)
        if ended and (plan_id in landed or not _waits_to_land(store, plan_id, runs)):
            times = [run.ended_at or run.created_at for run in runs]
            found[plan_id] = max([written.get(plan_id, plan.header.created_at), *times])
    return found


def _waits_to_land(store: Store, plan_id: str, runs: Sequence[Run]) -> bool:
    """Return whether a run of the plan has results that have not landed."""
    since = max((run.created_at for run in runs if run.state in _WITH_RESULTS), default=None)
    if since is None:
        return False
    history = store.history(plan_id, limit=_EVENTS, since=since)
    return all(each.event.kind != EventKind.WORK_LANDED for each in history)
