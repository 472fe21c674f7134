"""Housekeeping by the settings: idle sessions rest, what is over is put away.

It follows the daily snapshot, and `podium gc`. Nothing goes that the archive or a snapshot does not
hold, and the daily round ends after a moment: the rest waits for the next day. Must not know who
asks, nor git.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from podium.agents.call_directory import CallDirectory
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import load_plan, plan_ids
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
"""Acts by itself, in the process of whoever wrote last that day."""

DAILY_SECONDS = 2.0
"""How long the daily round may keep its process waiting."""

_ENDED = frozenset({SessionState.COMPLETED, SessionState.FAILED})
_SETTLED = frozenset({PlanState.DONE, PlanState.REJECTED})
_WITH_RESULTS = frozenset({RunState.COMPLETED, RunState.PARTIAL})
_EVENTS = 100_000
_LATELY_HOURS = 24.0
"""Visits, which change no document, are looked for so far back when no time limit says it."""


@dataclass(frozen=True)
class Chores:
    """What is to be done, or was done.

    Args:
        suspended: active sessions that idle, or are too many.
        sessions: ended sessions to be put away.
        plans: settled plans to be put away, with their runs.
    """

    suspended: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()


def due(
    store: Store, config: Config, now: datetime, landed: Collection[str] = frozenset()
) -> Chores:
    """Return what the settings ask for at this moment; changes nothing.

    Args:
        store: what is looked at.
        config: what a person wants.
        now: the moment.
        landed: plans that git shows to have landed; the journal may not tell any more.

    Raises:
        StorageError: the store cannot be read.
    """
    with store.consistent_read():
        return Chores(
            suspended=tuple(sessions_to_suspend(store, config, now)),
            sessions=tuple(sessions_to_archive(_ended(store), now, config.sessions)),
            plans=tuple(plans_to_archive(_settled(store, landed), now, config.plans)),
        )


def sessions_to_suspend(store: Store, config: Config, now: datetime) -> list[str]:
    """Return the active sessions that idle, or are too many, those first that idle for longest."""
    active = _moments(store, lambda each: each.state is SessionState.ACTIVE)
    since = now - timedelta(hours=config.sessions.timeout_hours or _LATELY_HOURS)
    if any(at < since for at in active.values()):
        for each in store.history(limit=_EVENTS, since=since):
            session_id = each.event.subject.partition("/")[0]
            if session_id in active:
                active[session_id] = max(active[session_id], each.at)
    return to_suspend(active, now, config.sessions)


def sessions_over_limit(store: Store, config: Config, now: datetime, *, coming: int) -> list[str]:
    """Return the active sessions that must rest before some more may become active.

    Args:
        store: what is looked at.
        config: tells how many may be active.
        now: the moment.
        coming: how many more there will be.
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
    """Do what is due, as far as the time reaches; a snapshot of this moment must be there.

    Args:
        store: the store, on behalf of whoever does it.
        chores: what `due` told.
        seconds: nothing more is begun after so long.
        timer: counts the seconds.

    Returns:
        What was done.

    Raises:
        StorageError: the store cannot be written.
    """
    end = timer() + seconds
    if chores.suspended:
        store.transact(lambda tx: suspend(tx, chores.suspended))
    sessions = list(
        _while_time(chores.sessions, end, timer, lambda each: _put_session(store, each))
    )
    plans = list(_while_time(chores.plans, end, timer, lambda each: archive_plan(store, each)))
    return Chores(chores.suspended, tuple(sessions), tuple(plans))


def run_daily_housekeeping(
    store: Store, calls: Path, load_config: Callable[[], Config], now: datetime
) -> None:
    """Do the daily round; what fails is tried again the next day, as nothing depends on it.

    Args:
        store: what is kept in order.
        calls: the folder of agent calls.
        load_config: reads the settings.
        now: the moment.
    """
    own = store.on_behalf_of(HOUSEKEEPER)
    end = time.monotonic() + DAILY_SECONDS
    with contextlib.suppress(PodiumError, OSError):
        carry_out(own, due(own, load_config(), now), seconds=DAILY_SECONDS)
        compress_outputs(compressible_calls(calls), seconds=end - time.monotonic())


def compressible_calls(calls: Path) -> list[CallDirectory]:
    """Return the finished agent calls whose events are long and not compressed yet."""
    found = (CallDirectory(output.parent) for output in sorted(calls.glob("*/*/*/*/out.jsonl")))
    return [each for each in found if each.is_compressible()]


def compress_outputs(
    calls: Sequence[CallDirectory],
    *,
    seconds: float = float("inf"),
    timer: Callable[[], float] = time.monotonic,
) -> None:
    """Compress the events of finished calls, as far as the time reaches."""
    for _ in _while_time(calls, timer() + seconds, timer, CallDirectory.compress_output):
        pass


def suspend(tx: Transaction, session_ids: Sequence[str]) -> None:
    """Let sessions rest that are still active; they are resumed as ever."""
    for session_id in session_ids:
        key = layout.session(session_id)
        session = tx.get(key)
        if session is None or session.state is not SessionState.ACTIVE:
            continue
        tx.put(key, session.model_copy(update={"state": SessionState.SUSPENDED}))
        message = "active → suspended: idle for too long, or too many sessions are active"
        tx.record(Event(kind=EventKind.SESSION_CHANGED, subject=session_id, message=message))


def archive_plan(store: Store, plan_id: str) -> list[str]:
    """Move a plan and its runs into the archive; return the documents.

    Raises:
        StorageError: the store cannot be written; nothing was deleted.
    """
    runs = [f"runs/{run.id}/" for run in all_runs(store, plan_id)]
    return store.archive.add(plan_id, f"plans/{plan_id}/", *runs)


def _put_session(store: Store, session_id: str) -> list[str]:
    return store.archive.add(session_id, f"sessions/{session_id}/")


def _while_time(
    names: Sequence[N], end: float, timer: Callable[[], float], act: Callable[[N], object]
) -> Iterator[N]:
    for name in names:
        if timer() >= end:
            return
        act(name)
        yield name


def _ended(store: Store) -> dict[str, datetime]:
    return _moments(store, lambda each: each.state in _ENDED)


def _moments(store: Store, wanted: Callable[[Session], bool]) -> dict[str, datetime]:
    """Return when something was written to each session last, by id.

    What the journal does not reach any more is as old as what the session itself tells.
    """
    written = store.last_changed("sessions/")
    sessions = filter(wanted, _sessions(store))
    return {each.id: written.get(each.id) or _told(each) for each in sessions}


def _sessions(store: Store) -> Collection[Session]:
    return store.list(layout.sessions()).values()


def _told(session: Session) -> datetime:
    context = session.context
    said, decided = (each.at for each in context.messages), (each.at for each in context.decisions)
    return max([session.created_at, *said, *decided])


def _settled(store: Store, landed: Collection[str]) -> dict[str, datetime]:
    """Return the done and rejected plans whose work is not waiting to land."""
    written = store.last_changed("plans/")
    found: dict[str, datetime] = {}
    for plan_id in plan_ids(store):
        plan = load_plan(store, plan_id)
        if state_of_plan(store, plan) not in _SETTLED:
            continue
        runs = all_runs(store, plan_id)
        ended = all(run.state in END_STATES for run in runs)
        if ended and (plan_id in landed or not _waits_to_land(store, plan_id, runs)):
            moments = [run.ended_at or run.created_at for run in runs]
            found[plan_id] = max([written.get(plan_id, plan.header.created_at), *moments])
    return found


def _waits_to_land(store: Store, plan_id: str, runs: Sequence[Run]) -> bool:
    """Tell whether a run of the plan has results that nobody has landed since."""
    since = max((run.created_at for run in runs if run.state in _WITH_RESULTS), default=None)
    if since is None:
        return False
    history = store.history(plan_id, limit=_EVENTS, since=since)
    return all(each.event.kind != EventKind.WORK_LANDED for each in history)
