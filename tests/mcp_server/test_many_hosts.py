"""Several hosts work on one project at the same time: all is kept, and none is refused."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.mcp_server.harness import as_person, connect, operate
from tests.mcp_server.runs import ready_to_run
from tests.mcp_server.wire import META, ServerProcess

PROCESSES = 4
CREATIONS = 25
EDITS = 20


@pytest.mark.torture
@pytest.mark.promise("M4", "W1")
def test_what_four_servers_make_at_once_is_all_kept(project: Path) -> None:
    made: list[str] = []

    def create(name: int) -> None:
        with ServerProcess(project) as server:
            for n in range(CREATIONS):
                facts = server.call("plan_create", objective=f"{name}-{n}", tasks=[{"title": "a"}])
                made.append(facts["plan"])

    _at_once([create] * PROCESSES)
    assert len(set(made)) == PROCESSES * CREATIONS
    kept = anyio.run(_plans, project)
    assert sorted(kept) == sorted(made)


@pytest.mark.promise("M4", "W1")
def test_two_servers_edit_one_task_and_no_edit_is_lost(project: Path) -> None:
    with ServerProcess(project) as first:
        plan = first.call("plan_create", objective="x", tasks=[{"id": "a", "title": "A"}])["plan"]

    def edit(name: int) -> None:
        with ServerProcess(project) as server:
            for n in range(EDITS):
                server.call("task_update", task=f"{plan}/a", note=f"{name}-{n}")

    _at_once([edit] * 2)
    notes = anyio.run(_notes, project, f"{plan}/a")
    assert sorted(notes) == sorted(f"{name}-{n}" for name in range(2) for n in range(EDITS))


@pytest.mark.torture
@pytest.mark.promise("M4", "W1")
def test_a_host_that_is_killed_in_mid_call_loses_nothing_that_was_acknowledged(
    project: Path,
) -> None:
    acknowledged: list[str] = []
    for _ in range(3):
        with ServerProcess(project) as server:
            for n in range(6):
                facts = server.call("plan_create", objective=f"{n}", tasks=[{"title": "a"}])
                acknowledged.append(facts["plan"])
            # The next one is under way when the server dies.
            arguments = {"objective": "cut", "tasks": [{"title": "a"}]}
            params = {"name": "plan_create", "arguments": arguments, "_meta": META}
            server.send({"jsonrpc": "2.0", "id": 99, "method": "tools/call", "params": params})
            os.kill(server.pid, signal.SIGKILL)
    kept = anyio.run(_plans, project)
    assert set(acknowledged) <= set(kept)
    with ServerProcess(project) as server:
        assert len(server.call("plan_get")["plans"]) == len(kept)


@pytest.mark.torture
@pytest.mark.promise("M3.poll", "R7.detached")
def test_a_run_outlives_the_host_and_the_server_that_started_it(
    project: Path, tmp_path: Path
) -> None:
    go = tmp_path / "go"

    async def ready() -> str:
        async with connect(project) as host:
            return await ready_to_run(host, project, wait_for=go)

    plan = anyio.run(ready)
    with ServerProcess(project) as server:
        run = server.call("run_start", plan=plan)["run"]
        params = {"name": "run_status", "arguments": {"run": run, "wait_s": 50}, "_meta": META}
        server.send({"jsonrpc": "2.0", "id": 99, "method": "tools/call", "params": params})
        os.kill(server.pid, signal.SIGKILL)
    go.touch()
    with ServerProcess(project) as server:
        facts = server.call("run_status", run=run)
        while not facts["next"].startswith("plan_check"):
            facts = server.call("run_status", run=run, since=facts["cursor"], wait_s=10)
    assert (facts["state"], facts["done"]) == ("completed", "2/2")


def _at_once(works: list[Any]) -> None:
    failures: list[BaseException] = []

    def guarded(work: Any, name: int) -> None:
        try:
            work(name)
        except BaseException as error:  # noqa: BLE001 - told by the test below
            failures.append(error)

    threads = [
        threading.Thread(target=guarded, args=(work, name)) for name, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]


async def _plans(project: Path) -> list[str]:
    async with as_person(project) as engine:
        found = await operate(engine, "plan.list", limit=1000)
        return [row.id for row in found.plans]


async def _notes(project: Path, task: str) -> list[str]:
    async with as_person(project) as engine:
        history = engine.store.history(task, limit=1000)
        return [row.event.message for row in history if "-" in row.event.message]
