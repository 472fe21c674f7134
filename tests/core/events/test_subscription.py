"""One subscription serves every follower: it filters, survives errors, and says what it missed."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from podium.errors import ProjectNotFound, StoreCorrupted
from podium.events.subscription import EVERYTHING, Filter, Subscription
from podium.model.events import Actor, Event, EventKind
from podium.store import Change, Cursor

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ME = Actor(kind="person", name="ada", face="cli")

Row = tuple[int, str, str, str]
ROWS: tuple[Row, ...] = (
    (1, EventKind.RUN_CREATED, "r-1", "runs/r-1/run.json"),
    (2, EventKind.RUN_INTENT, "r-1", "runs/r-1/intent.json"),
    (3, EventKind.FINDING_ADDED, "f-1", "findings/f-1.json"),
    (4, "somebody.else", "x", "x.json"),
)


def change(row: Row) -> Change:
    sequence, kind, subject, path = row
    return Change(sequence, NOON, ME, (path,), (Event(kind=kind, subject=subject),))


class ScriptedFeed:
    """A feed that is read from a list; an error in the list is raised once."""

    def __init__(self, script: Sequence[Row | StoreCorrupted]) -> None:
        self._script = list(script)

    def cursor(self) -> Cursor:
        return Cursor(0)

    async def changes(self, cursor: Cursor) -> AsyncGenerator[Change, None]:
        while self._script:
            match self._script.pop(0):
                case StoreCorrupted() as error:
                    raise error
                case row if row[0] > cursor.sequence:
                    yield change(row)
                case _:
                    pass
        await anyio.sleep_forever()


def delivered(
    script: Sequence[Row | StoreCorrupted], wanted: Filter, count: int, **options: Any
) -> list[tuple[int, bool]]:
    async def take() -> list[tuple[int, bool]]:
        got: list[tuple[int, bool]] = []
        feed = ScriptedFeed(script)
        async for each in Subscription(feed, wanted=wanted, retry_seconds=0, **options):
            got.append((each.change.sequence, each.fell_behind))
            if len(got) == count:
                break
        return got

    return anyio.run(take)


@pytest.mark.parametrize(
    ("wanted", "sequences"),
    [
        (EVERYTHING, [1, 2, 3, 4]),
        (Filter(kinds=frozenset({EventKind.RUN_INTENT})), [2]),
        (Filter(kinds=frozenset({"somebody.else"})), [4]),
        (Filter(subjects=("r-1",)), [1, 2]),
        (Filter(paths=("runs/", "findings/")), [1, 2, 3]),
        (Filter(kinds=frozenset({EventKind.RUN_INTENT}), subjects=("r-1",), paths=("runs/",)), [2]),
    ],
    ids=["everything", "kind", "unknown kind", "subject", "paths", "all conditions"],
)
def test_only_what_is_wanted_is_delivered(wanted: Filter, sequences: list[int]) -> None:
    last: Row = (5, EventKind.RUN_CREATED, "r-9", "nowhere")
    got = delivered([*ROWS, last], wanted, len(sequences))
    assert got == [(each, False) for each in sequences]


def test_an_error_ends_nothing_and_nothing_is_delivered_twice() -> None:
    script: list[Row | StoreCorrupted] = [*ROWS[:2], StoreCorrupted("damaged"), *ROWS]
    assert delivered(script, EVERYTHING, 4) == [(1, False), (2, False), (3, False), (4, False)]


def test_who_fell_behind_is_told_whatever_the_filter() -> None:
    nothing = Filter(kinds=frozenset({"no.such"}))
    assert delivered([ROWS[0], ROWS[3]], nothing, 1) == [(4, True)]


def test_it_begins_at_a_cursor() -> None:
    assert delivered(ROWS, EVERYTHING, 2, cursor=Cursor(2)) == [(3, False), (4, False)]


class LaterFeed(ScriptedFeed):
    """The feed of a project that is made after a few looks."""

    looks = 3

    def cursor(self) -> Cursor:
        self.looks -= 1
        if self.looks >= 0:
            raise ProjectNotFound("no project")
        return super().cursor()


def test_a_project_that_is_made_later_is_waited_for() -> None:
    async def first() -> int:
        async for each in Subscription(LaterFeed(ROWS), retry_seconds=0):
            return each.change.sequence
        raise AssertionError

    assert anyio.run(first) == 1
