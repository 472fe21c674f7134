"""Resources, subscriptions, prompts and completions, in both eras."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import mcp_types as wire
import pytest
from mcp import MCPError
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ResourcesListChanged,
    ResourceUpdated,
)
from mcp.shared.exceptions import MCPDeprecationWarning

from podium.app import Change, Delivery
from podium_mcp.context.project import Project
from podium_mcp.notifications import Notifications
from tests.mcp_server.harness import PERSON, TASKS, Era, Host, as_person, connect, operate

pytestmark = pytest.mark.anyio

PROMPTS = [
    "plan",
    "approve_plan",
    "reset_plan",
    "export_plan",
    "new_task",
    "list_tasks",
    "task_status",
    "check_completeness",
    "sessions",
    "resume",
    "context",
    "session_history",
    "orchestration_help",
]


async def read(host: Host, uri: str) -> str:
    (contents,) = (await host.client.read_resource(uri)).contents
    assert isinstance(contents, wire.TextResourceContents)
    return contents.text


@pytest.mark.promise("M2.resources")
async def test_everything_can_be_read_by_its_address(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        plan = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts["plan"]
        thought = (await host.call("think", thought="The flag belongs to the parser")).facts
        found = (
            await host.call("finding_update", path="README.md", message="too short", line=1)
        ).facts
        (listed,) = (await host.client.list_resources()).resources
        assert (str(listed.uri), listed.title) == (f"podium://plan/{plan}", "Add a flag")
        templates = (await host.client.list_resource_templates()).resource_templates
        names = ["plan", "task", "session", "run", "finding", "usage"]
        assert [each.name for each in templates] == names
        assert "Parse the flag" in await read(host, f"podium://plan/{plan}")
        task = json.loads(await read(host, f"podium://task/{plan}/parse"))
        assert (task["title"], task["state"]) == ("Parse the flag", "pending")
        session = json.loads(await read(host, f"podium://session/{thought['session']}"))
        assert session["thoughts"] == 1
        finding = json.loads(await read(host, f"podium://finding/{found['id']}"))
        assert (finding["at"], finding["message"]) == ("README.md:1", "too short")
        assert "| total | 0 | 0 | 0 |" in await read(host, "podium://usage/agent")


@pytest.mark.promise("M2.resources")
@pytest.mark.parametrize(
    "uri",
    [
        "podium://plan/p-000000",
        "podium://plan/",
        "podium://plan/../../etc/passwd",
        "podium://plan/%2e%2e%2fx",
        "podium://task/x",
        "podium://run/r-000000/log",
        "podium://nothing/x",
        "podium://usage/week",
        "file:///etc/passwd",
        "podium:plan",
    ],
)
async def test_what_is_not_there_is_an_error_of_the_protocol(
    project: Path, era: Era, uri: str
) -> None:
    async with connect(project, era) as host:
        await host.call("plan_create", objective="Add a flag", tasks=TASKS)
        with pytest.raises(MCPError, match="Resource not found") as error:
            await host.client.read_resource(uri)
        assert error.value.error.code == wire.INVALID_PARAMS
        assert error.value.error.data == {"uri": uri}


@pytest.mark.promise("M2.subscriptions", "M4")
async def test_a_subscriber_hears_of_what_others_change(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        plan = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts["plan"]
        uri = f"podium://task/{plan}/parse"
        heard = anyio.Event()
        async with anyio.create_task_group() as group:
            await group.start(_subscribe, host, era, uri, heard)
            async with as_person(project) as engine:
                await operate(engine, "task.update", task=f"{plan}/parse", percent=10)
            with anyio.fail_after(300):
                await heard.wait()
            group.cancel_scope.cancel()


@pytest.mark.promise("M2.subscriptions", "M4")
async def test_a_host_hears_that_there_is_another_plan(project: Path, era: Era) -> None:
    async with connect(project, era) as host, as_person(project) as engine:
        assert (await host.client.list_resources()).resources == []
        tasks = [{"id": "a", "title": "A"}]
        with anyio.fail_after(300):
            if era == "auto":
                async with host.client.listen(resources_list_changed=True) as events:
                    await operate(engine, "plan.create", objective="x", tasks={"tasks": tasks})
                    assert isinstance(await anext(events), ResourcesListChanged)
            else:
                await operate(engine, "plan.create", objective="x", tasks={"tasks": tasks})
                while "ResourceListChangedNotification" not in host.notifications:
                    await anyio.sleep(0.02)
        assert len((await host.client.list_resources()).resources) == 1


@pytest.mark.promise("M1", "X4")
async def test_a_crash_outside_of_the_tools_tells_a_reference_too(
    project: Path, era: Era, isolated_git: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("secret-token-123")

    monkeypatch.setattr("podium_mcp.resources.Resources._resources", broken)
    async with connect(project, era) as host:
        with pytest.raises(MCPError, match="failed inside the server, reference") as error:
            await host.client.list_resources()
        assert error.value.error.code == wire.INTERNAL_ERROR
        assert "secret" not in str(error.value.error)
    (log,) = isolated_git.rglob("crashes.log")
    assert str(error.value).rsplit(" ", 1)[1] in log.read_text()


class Subscriber:
    """A connection of the older protocols that writes down what it is sent."""

    client_params = object()

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def send_resource_updated(self, uri: str) -> None:
        self.heard.append(uri)

    async def send_resource_list_changed(self) -> None:
        self.heard.append("the list")


@pytest.mark.promise("M2.subscriptions")
@pytest.mark.parametrize(
    ("fell_behind", "heard"),
    [(False, []), (True, ["podium://plan/p-1", "the list"])],
)
async def test_a_subscriber_hears_of_all_that_it_follows_when_changes_were_missed(
    project: Path, heard: list[str], *, fell_behind: bool
) -> None:
    notifications = Notifications(Project(project), InMemorySubscriptionBus())
    subscriber = Subscriber()
    context: Any = SimpleNamespace(session=subscriber)
    await notifications.subscribe(context, wire.SubscribeRequestParams(uri="podium://plan/p-1"))
    change = Change(9, datetime(2026, 11, 20, tzinfo=UTC), PERSON, ("findings/f-1.json",), ())
    await notifications.notify(Delivery(change, fell_behind))
    assert subscriber.heard == heard


async def _subscribe(
    host: Host, era: Era, uri: str, heard: anyio.Event, *, task_status: Any
) -> None:
    if era == "auto":
        async with host.client.listen(resource_subscriptions=[uri]) as events:
            task_status.started()
            async for event in events:
                if isinstance(event, ResourceUpdated) and event.uri == uri:
                    heard.set()
    with pytest.warns(MCPDeprecationWarning):
        await host.client.session.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] - the older protocols need it
    task_status.started()
    while f"ResourceUpdatedNotification {uri}" not in host.notifications:
        await anyio.sleep(0.02)
    with pytest.warns(MCPDeprecationWarning):
        await host.client.session.unsubscribe_resource(uri)  # pyright: ignore[reportDeprecated] - the older protocols need it
    heard.set()


@pytest.mark.promise("M2.prompts")
async def test_every_prompt_is_a_command_that_says_what_to_do(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        prompts = (await host.client.list_prompts()).prompts
        assert [each.name for each in prompts] == PROMPTS
        for prompt in prompts:
            given = {each.name: "p-x {plan}" for each in prompt.arguments or [] if each.required}
            (message,) = (await host.client.get_prompt(prompt.name, given)).messages
            assert isinstance(message.content, wire.TextContent)
            assert message.role == "user"
            if given:
                assert "p-x {plan}" in message.content.text, "an argument is filled in as it is"


@pytest.mark.promise("M2.prompts")
@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("nothing", {}, "Unknown prompt: nothing"),
        ("plan", {}, "needs: objective"),
        ("plan", {"objective": "x", "y": "z"}, "takes: objective"),
    ],
)
async def test_a_wrong_prompt_is_an_error_of_the_protocol(
    project: Path, era: Era, name: str, given: dict[str, str], told: str
) -> None:
    async with connect(project, era) as host:
        with pytest.raises(MCPError, match=told) as error:
            await host.client.get_prompt(name, given)
        assert error.value.error.code == wire.INVALID_PARAMS


@pytest.mark.promise("M2.prompts")
async def test_ids_are_completed(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        plan = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts["plan"]

        async def complete(name: str, value: str, ref: Any) -> list[str]:
            found = await host.client.complete(ref, {"name": name, "value": value})
            return found.completion.values

        prompt = wire.PromptReference(name="approve_plan")
        template = wire.ResourceTemplateReference(uri="podium://task/{plan}/{task}")
        assert await complete("plan", "p-", prompt) == [plan]
        assert await complete("plan", "x", prompt) == []
        assert await complete("task", "pa", template) == ["parse"]
        assert await complete("objective", "a", prompt) == []
