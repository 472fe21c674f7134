"""Tools about runs: they start, and go on whatever becomes of the host."""

from dataclasses import dataclass
from typing import Any

import anyio

from podium.errors import NotTrusted, ValidationError
from podium.model.base import content_hash
from podium.model.config import executable_settings
from podium.operations.engine import Engine
from podium.operations.run.status import RunStatus as Status
from podium.store import Change, Cursor
from podium_mcp.context.calls import Call, operate
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.runs import run_facts
from podium_mcp.sanitize import one_line
from podium_mcp.tools.arguments import RunControl, RunStart, RunStatus

LONGEST_WAIT = 50
"""Seconds; below the minute after which hosts give up."""
_SETTLE_SECONDS = 0.05
_READING_SECONDS = 20.0
"""More than reading what is there can take; it ends as soon as that is done."""
_MOST_EVENTS = 20


@dataclass(frozen=True)
class News:
    """What happened, and the place behind it."""

    events: tuple[str, ...]
    cursor: Cursor


async def run_start(call: Call, given: RunStart) -> Facts:
    """Start an approved plan's run in the background."""
    wanted: dict[str, Any] = {
        "plan": given.plan,
        "max_parallel": given.parallel,
        "agent": given.agent,
    }
    try:
        status = await call.operate("run.start", **wanted)
    except NotTrusted:
        if not await _trusted_by_person(call):
            raise
        status = await call.operate("run.start", **wanted)
    return _facts(call.engine, status)


async def run_status(call: Call, given: RunStatus) -> Facts:
    """Tell where a run stands, at once or when something has changed."""
    if not 0 <= given.wait_s <= LONGEST_WAIT:
        raise ValidationError(f"wait_s is 0 to {LONGEST_WAIT}", hints=["ask again afterwards"])
    status: Status = await call.operate("run.status", run=given.run)
    if not given.since and (status.ended or not given.wait_s):
        return _facts(call.engine, status)
    cursor = _cursor(given.since) if given.since else call.engine.store.cursor()
    seconds = 0 if status.ended else given.wait_s
    news = await _news(call, status.run_id, cursor, seconds)
    status = await call.operate("run.status", run=status.run_id)
    return _facts(call.engine, status, news)


async def run_control(call: Call, given: RunControl) -> Facts:
    """Pause, resume or cancel a run, or take up again what failed."""
    if given.action == "retry":
        status = await call.operate("run.status", run=given.run)
        return await run_start(call, RunStart.model_validate({"plan": status.plan_id}))
    status = await call.operate(f"run.{given.action}", run=given.run)
    return _facts(call.engine, status)


async def _news(call: Call, run_id: str, cursor: Cursor, seconds: float) -> News:
    """Return what happened to a run behind a cursor; without anything, wait for the first thing.

    What is there already is read whatever time it takes, so that the cursor skips nothing.
    """
    store = call.engine.store
    known, present = cursor.sequence, store.cursor().sequence
    told: list[str] = []
    if known >= present and not seconds:
        return News((), cursor)
    end = anyio.current_time() + seconds
    longest = seconds if known >= present else max(seconds, _READING_SECONDS)
    with anyio.move_on_after(longest) as scope:
        async for change in store.changes(cursor):
            known = change.sequence
            if found := _of_run(change, run_id):
                told += found
                status: Status = await call.operate("run.status", run=run_id)
                await call.progress(status.done, len(status.tasks), one_line(found[-1], 100))
            if known >= present:
                # What happens together is told together.
                soon = anyio.current_time() + _SETTLE_SECONDS
                scope.deadline = min(scope.deadline, soon if told else end)
    return News(tuple(told[-_MOST_EVENTS:]), Cursor(known))


def _of_run(change: Change, run_id: str) -> list[str]:
    return [
        one_line(
            f"{event.subject.removeprefix(run_id + '/')} "
            f"{event.data.get('phase', '')} {event.message}",
            160,
        )
        for event in change.events
        if event.subject == run_id or event.subject.startswith(f"{run_id}/")
    ]


def _facts(engine: Engine, status: Status, news: News | None = None) -> Facts:
    facts = run_facts(status)
    if news is not None and news.events:
        facts["events"] = list(news.events)
    cursor = str((news.cursor if news is not None else engine.store.cursor()).sequence)
    if status.ended:
        return facts | {"cursor": cursor, "next": f"plan_check {status.plan_id}"}
    then = f"run_status {status.run_id} since={cursor} wait_s={LONGEST_WAIT}"
    return facts | {"cursor": cursor, "next": then}


def _cursor(text: str) -> Cursor:
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return Cursor(int(text))
    raise ValidationError(f"{text!r} is no cursor", hints=["take it from run_status"])


async def _trusted_by_person(call: Call) -> bool:
    """Ask the person whether the project's settings may choose commands and agents."""
    if not call.asker.can_ask:
        return False
    settings = executable_settings(call.engine.config.config)
    count = sum(bool(value) for value in settings.values())
    question = (
        f"Let this project's settings (version {content_hash(settings)[:12]}, "
        f"{count} of them choose agents or commands) run on this machine? "
        "To read them first: podium config"
    )
    if not await call.asker.confirm("trust", question):
        return False
    with call.project.as_person() as engine:
        if executable_settings(engine.config.config) != settings:
            return False
        await operate(engine, "project.trust")
    return True
