"""Reads the events of a run since a cursor, and builds answers with the next cursor."""

from dataclasses import dataclass

import anyio

from podium.app import Change, Connection, Cursor
from podium.errors import ValidationError
from podium.operations.run.status import RunStatus as Status
from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.runs import run_facts
from podium_mcp.sanitize import one_line

LONGEST_WAIT = 50
"""Seconds; hosts time out after a minute."""
_SETTLE_SECONDS = 0.05
_READING_SECONDS = 20.0
"""The time limit for reading existing events, which normally takes much less."""
_MOST_EVENTS = 20


@dataclass(frozen=True)
class News:
    """Events, and the cursor after them."""

    events: tuple[str, ...]
    cursor: Cursor

    def followed_by(self, later: "News") -> "News":
        """Return these events and later ones, with the later cursor."""
        return News((*self.events, *later.events)[-_MOST_EVENTS:], later.cursor)


def run_answer(connection: Connection, status: Status, news: News | None = None) -> Facts:
    """Return a run's summary with its events, the next cursor and the next call."""
    facts = run_facts(status)
    if news is not None and news.events:
        facts["events"] = list(news.events)
    cursor = str((news.cursor if news is not None else connection.cursor()).sequence)
    if status.ended:
        return facts | {"cursor": cursor, "next": f"plan_check {status.plan_id}"}
    then = f"run_status {status.run_id} since={cursor} wait_s={LONGEST_WAIT}"
    return facts | {"cursor": cursor, "next": then}


async def news_of(call: Call, run_id: str, cursor: Cursor, seconds: float) -> News:
    """Return the events of a run after a cursor; if there are none yet, wait for the first one.

    Existing events are read completely, however long it takes, so that the cursor skips none. If
    the journal no longer contains them, the wait ends, because the run's current state also counts
    as news.
    """
    known, present = cursor.sequence, call.connection.cursor().sequence
    events: list[str] = []
    if known >= present and not seconds:
        return News((), Cursor(present))
    end = anyio.current_time() + seconds
    longest = seconds if known >= present else max(seconds, _READING_SECONDS)
    with anyio.move_on_after(longest) as scope:
        async for delivery in call.connection.follow(cursor):
            known = delivery.change.sequence
            if found := _of_run(delivery.change, run_id):
                events += found
                status: Status = await call.operate("run.status", run=run_id)
                await call.progress(status.done, len(status.tasks), one_line(found[-1], 100))
            if known >= present:
                # Events that happen together are reported together.
                soon = anyio.current_time() + _SETTLE_SECONDS
                is_news = bool(events) or delivery.fell_behind
                scope.deadline = min(scope.deadline, soon if is_news else end)
    return News(tuple(events[-_MOST_EVENTS:]), Cursor(known))


def parse_cursor(text: str) -> Cursor:
    """Parse a cursor returned by run_status.

    Raises:
        ValidationError: the cursor is malformed.
    """
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return Cursor(int(text))
    raise ValidationError(
        f"{text!r} is not a cursor", hints=["use the cursor returned by run_status"]
    )


def _of_run(change: Change, run_id: str) -> list[str]:
    return [
        one_line(
            f"{event.subject.removeprefix(run_id + '/')} "
            f"{event.data.get('title') or event.data.get('phase', '')} {event.message}",
            160,
        )
        for event in change.events
        if event.subject == run_id or event.subject.startswith(f"{run_id}/")
    ]
