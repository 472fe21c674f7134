"""Runs over MCP: they start at once, are followed by polling, and outlive every host."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import anyio
import mcp_types as wire
import pytest
from mcp import MCPError
from mcp.client import ClaimContext, ClientExtension, ResultClaim
from pydantic import ConfigDict

from podium_mcp.server.background import EXTENSION
from tests.mcp_server.harness import YES, Era, Host, approved_plan, connect
from tests.mcp_server.runs import TASKS, ready_to_run, run_of, write_settings

pytestmark = pytest.mark.anyio

RUN_SECONDS = 600
"""After this a run whose runner died fails its test, where it would be waited for in vain."""


@pytest.mark.promise("M3.poll", "R13.events")
async def test_a_run_starts_at_once_and_is_followed_to_its_end(
    project: Path, era: Era, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    async with connect(project, era) as host:
        plan = await ready_to_run(host, project, wait_for=go)
        started = (await host.call("run_start", plan=plan)).facts
        run = started["run"]
        assert (started["plan"], started["done"]) == (plan, "0/2")
        assert started["next"] == f"run_status {run} since={started['cursor']} wait_s=50"
        go.touch()
        events: list[str] = []
        now = started
        with anyio.fail_after(RUN_SECONDS):
            while now["state"] not in ("completed", "failed", "partial"):
                now = (await host.call("run_status", run=run, since=now["cursor"], wait_s=50)).facts
                events += now.get("events", [])
        assert (now["state"], now["done"], now["tasks"]) == (
            "completed",
            "2/2",
            {"done": ["one", "two"]},
        )
        assert now["next"] == f"plan_check {plan}"
        assert {"one checking", "two done"} <= set(events), events
        read = await host.client.read_resource(f"podium://run/{run}/log")
        (log,) = [
            each.text for each in read.contents if isinstance(each, wire.TextResourceContents)
        ]
        assert log.startswith(f"# Run `{run}` of plan `{plan}`\n")
        assert f"## Log of run `{run}`\n\n- " in log


@pytest.mark.promise("M3.poll", "M3.progress", "R13.mcp")
async def test_a_wait_ends_without_news_and_tells_progress_on_news(
    project: Path, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    told: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None = None, message: str | None = None) -> None:
        told.append((progress, total))

    async with connect(project) as host:
        plan = await ready_to_run(host, project, wait_for=go)
        run = (await host.call("run_start", plan=plan)).facts["run"]
        await _until_active(host, run)
        cursor = (await host.call("run_status", run=run)).facts["cursor"]
        quiet = (await host.call("run_status", run=run, since=cursor, wait_s=1)).facts
        assert "events" not in quiet
        assert quiet["state"] == "running"
        # A cursor that the journal does not know: the answer comes at once, with one that it knows.
        with anyio.fail_after(40):
            given = {"run": run, "since": "999999999", "wait_s": 50}
            assert int((await host.call("run_status", **given)).facts["cursor"]) < 999999999
        go.touch()
        state = ""
        with anyio.fail_after(RUN_SECONDS):
            while state != "completed":
                given = {"run": run, "since": cursor, "wait_s": 50}
                result = await host.client.call_tool("run_status", given, progress_callback=hear)
                assert result.structured_content is not None
                state = result.structured_content["state"]
                cursor = result.structured_content["cursor"]
        assert told
        assert told[-1][1] == 2
        assert "0 to 50" in (await host.call("run_status", run=run, wait_s=51)).error
        assert "not a cursor" in (await host.call("run_status", run=run, since="now")).error


@pytest.mark.promise("M3.poll", "R7.detached")
async def test_giving_up_a_wait_does_not_cancel_the_run(project: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    async with connect(project) as host:
        plan = await ready_to_run(host, project, wait_for=go)
        run = (await host.call("run_start", plan=plan)).facts["run"]
        await _until_active(host, run)
        cursor = (await host.call("run_status", run=run)).facts["cursor"]
        with anyio.move_on_after(0.2) as scope:
            await host.call("run_status", run=run, since=cursor, wait_s=50)
        assert scope.cancelled_caught
    # The host is gone too; the run goes on all the same.
    go.touch()
    async with connect(project) as host:
        await _until_ended(host, run)
    assert (await run_of(project)).state == "completed"


@pytest.mark.torture
@pytest.mark.promise("R7.pause", "R7.resume", "R7.cancel", "R7.retry")
async def test_a_run_is_paused_resumed_and_cancelled(project: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    async with connect(project) as host:
        plan = await ready_to_run(host, project, wait_for=go)
        run = (await host.call("run_start", plan=plan)).facts["run"]
        for action in ("pause", "resume", "cancel"):
            assert (await host.call("run_control", run=run, action=action)).facts["run"] == run
        assert (await _until_ended(host, run))["state"] == "cancelled"
        refused = (await host.call("run_control", run=run, action="pause")).error
        assert "has ended" in refused
        assert "run_start" in refused
        go.touch()
        again = (await host.call("run_control", run=run, action="retry")).facts
        assert again["run"] != run
        assert (await _until_ended(host, again["run"]))["state"] == "completed"


@pytest.mark.promise("P4.approve")
async def test_no_run_starts_without_approval(project: Path, era: Era) -> None:
    write_settings(project)
    async with connect(project, era) as host:
        made = (await host.call("plan_create", objective="x", tasks=TASKS)).facts
        refused = (await host.call("run_start", plan=made["plan"])).error
        assert "it has not been approved yet" in refused
        assert f"plan_approve {made['plan']}" in refused


@pytest.mark.promise("X5")
async def test_settings_that_nobody_trusts_start_nothing_unless_the_person_agrees(
    project: Path, era: Era
) -> None:
    write_settings(project)
    async with connect(project, era) as host:
        plan = await approved_plan(host, project, TASKS)
        refused = (await host.call("run_start", plan=plan)).error
        assert "ask the person to run `podium trust`" in refused
    async with connect(project, era, answer=YES) as host:
        run = (await host.call("run_start", plan=plan)).facts["run"]
        (question,) = host.questions
        assert "podium config" in question
        assert "playbook" not in question, "the settings' own words stay out of the dialog"
        assert (await _until_ended(host, run))["state"] == "completed"


class TaskResult(wire.Result):
    result_type: Literal["task"] = "task"
    task_id: str
    status: str
    poll_interval_ms: int | None = None


class TaskParams(wire.RequestParams):
    task_id: str


class GetTask(wire.Request[TaskParams, Literal["tasks/get"]]):
    method: Literal["tasks/get"] = "tasks/get"
    params: TaskParams
    name_param = "taskId"


class CancelTask(wire.Request[TaskParams, Literal["tasks/cancel"]]):
    method: Literal["tasks/cancel"] = "tasks/cancel"
    params: TaskParams
    name_param = "taskId"


class AnyResult(wire.Result):
    model_config = ConfigDict(extra="allow")


class FollowTasks(ClientExtension):
    """A host that follows tasks, as Claude Code does."""

    identifier = EXTENSION

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.task_id = ""

    def claims(self) -> list[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=TaskResult, resolve=self._poll)]

    async def _poll(self, task: TaskResult, context: ClaimContext) -> wire.CallToolResult:
        self.task_id = task.task_id
        while True:
            request = GetTask(params=TaskParams(task_id=task.task_id))
            found = (await context.session.send_request(request, AnyResult)).model_dump(
                by_alias=True
            )
            self.seen.append(found["status"])
            if found["status"] == "completed":
                return wire.CallToolResult.model_validate(found["result"])
            if found["status"] == "cancelled":
                return wire.CallToolResult(content=[], is_error=True)
            await anyio.sleep(0.05)


@pytest.mark.promise("M3.tasks")
async def test_a_run_is_a_task_where_the_host_follows_tasks(project: Path) -> None:
    following = FollowTasks()
    async with connect(project, extensions=[following]) as host:
        plan = await ready_to_run(host, project)
        facts = (await host.call("run_start", plan=plan)).facts
        assert (facts["state"], facts["done"]) == ("completed", "2/2")
        assert following.task_id == facts["run"]
        assert following.seen[-1] == "completed"
    # The task is found again by a server that has never heard of it.
    async with connect(project, extensions=[FollowTasks()]) as host:
        request = GetTask(params=TaskParams(task_id=facts["run"]))
        found = await host.client.session.send_request(request, AnyResult)
        assert found.model_dump(by_alias=True)["status"] == "completed"


@pytest.mark.promise("M3.tasks")
async def test_an_unknown_task_and_a_host_without_tasks_are_refused(project: Path) -> None:
    request = GetTask(params=TaskParams(task_id="r-000000"))
    async with connect(project) as host:
        with pytest.raises(MCPError, match="did not declare") as error:
            await host.client.session.send_request(request, AnyResult)
        assert error.value.error.code == wire.MISSING_REQUIRED_CLIENT_CAPABILITY
    async with connect(project, extensions=[FollowTasks()]) as host:
        with pytest.raises(MCPError, match="Unknown task"):
            await host.client.session.send_request(request, AnyResult)


@pytest.mark.promise("M3.tasks")
async def test_cancelling_a_task_cancels_the_run(project: Path, tmp_path: Path) -> None:
    following = FollowTasks()
    async with connect(project, extensions=[following]) as host:
        plan = await ready_to_run(host, project, wait_for=tmp_path / "never")
        async with anyio.create_task_group() as group:
            group.start_soon(_call_ignoring_result, host, plan)
            while not following.seen:
                await anyio.sleep(0.02)
            request = CancelTask(params=TaskParams(task_id=following.task_id))
            await host.client.session.send_request(request, AnyResult)
    assert following.seen[-1] == "cancelled"
    assert (await run_of(project)).state == "cancelled"


async def _call_ignoring_result(host: Any, plan: str) -> None:
    await host.call("run_start", plan=plan)


async def _until_active(host: Host, run: str) -> None:
    await _follow(host, run, lambda facts: "executing" in facts["tasks"])


async def _until_ended(host: Host, run: str) -> dict[str, Any]:
    return await _follow(host, run, lambda facts: facts["next"].startswith("plan_check"))


async def _follow(
    host: Host, run: str, reached: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    facts: dict[str, Any] = (await host.call("run_status", run=run)).facts
    with anyio.fail_after(RUN_SECONDS):
        while not reached(facts):
            facts = (await host.call("run_status", run=run, since=facts["cursor"], wait_s=10)).facts
    return facts
