"""Leases: they end by themselves, and then somebody else gets the task."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from podium.app import open_engine
from podium.errors import AlreadyRunning, ConflictError, NotApproved
from podium.model.events import Actor
from podium.model.progress import Lease, check_lease
from podium.operations.engine import Engine
from podium.ports.clock import Clock
from podium.projects.trust import trust
from tests.mcp_server.harness import PERSON, TASKS, operate
from tests.mcp_server.runs import write_settings

ONE = Actor(kind="agent", name="one", face="mcp", pid=1)
TWO = Actor(kind="agent", name="two", face="mcp", pid=2)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ByHand(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.mark.parametrize(
    ("actor", "token", "minutes", "refused"),
    [
        (ONE, "", 0, False),
        (TWO, "", 0, True),
        (TWO, "l-1", 0, False),
        (ONE, "l-2", 0, True),
        (TWO, "", 31, False),
        (PERSON, "", 0, False),
    ],
)
def test_only_the_holder_changes_a_task_while_the_lease_lasts(
    actor: Actor, token: str, minutes: int, *, refused: bool
) -> None:
    lease = Lease(token="l-1", holder=ONE, expires_at=NOON + timedelta(minutes=30))

    def check() -> None:
        check_lease("p/t", lease, actor, token, NOON + timedelta(minutes=minutes))

    if refused:
        with pytest.raises(ConflictError, match="claimed by another agent"):
            check()
    else:
        check()


@pytest.mark.anyio
@pytest.mark.promise("K1.next", "M4")
async def test_a_lease_ends_and_the_task_goes_to_somebody_else(project: Path) -> None:
    clock = ByHand()
    person, one, two = (open_engine(project, each, clock=clock) for each in (PERSON, ONE, TWO))
    plan = (await operate(person, "plan.create", objective="x", tasks=_tasks())).plan.id
    with pytest.raises(NotApproved):
        await operate(one, "task.claim", plan=plan)
    await operate(person, "plan.approve", plan=plan)
    first = await operate(one, "task.claim", plan=plan)
    assert (await operate(two, "task.claim", plan=plan)).assignment is None
    write_settings(project)
    with pytest.raises(AlreadyRunning, match="one is working on task"):
        await _start(person, plan)
    clock.at += timedelta(minutes=31)
    second = await operate(two, "task.claim", plan=plan)
    assert second.assignment.task.id == first.assignment.task.id
    with pytest.raises(ConflictError, match="two has claimed it"):
        await operate(one, "task.complete", task=f"{plan}/parse")


async def _start(engine: Engine, plan: str) -> None:
    settled = open_engine(engine.root, PERSON, clock=engine.clock)
    trust(settled.root, settled.config.config)
    await operate(settled, "run.start", plan=plan)


def _tasks() -> list[dict[str, Any]]:
    kept = ("id", "title", "requires")
    return [{name: task[name] for name in kept if name in task} for task in TASKS]
