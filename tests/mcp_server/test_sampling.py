"""Where nothing else can draft a plan, an older host's own model is asked for it, once."""

import json
from pathlib import Path
from typing import Any

import anyio
import mcp_types as wire
import pytest

from podium.projects.trust import trust
from tests.mcp_server.harness import TASKS, Era, as_person, connect, operate

pytestmark = pytest.mark.anyio

PLAN = {"tasks": [{"id": "flag", "title": "Add the flag", "files": {"modify": ["README.md"]}}]}
FENCED = f"Here is the plan.\n\n```json\n{json.dumps(PLAN)}\n```\nPLAN COMPLETE\n"
NEEDED = "A plan needs tasks"
WRITE_THEM = "you write them: small, each with acceptance criteria and the files it touches"


class Model:
    """A host's model that always replies the same.

    Args:
        reply: what it replies; None if its user refuses.
    """

    def __init__(self, reply: str | None) -> None:
        self.reply = reply
        self.asked: list[str] = []

    async def __call__(
        self, context: Any, params: wire.CreateMessageRequestParams
    ) -> wire.CreateMessageResult | wire.ErrorData:
        (message,) = params.messages
        assert isinstance(message.content, wire.TextContent)
        self.asked.append(message.content.text)
        if self.reply is None:
            return wire.ErrorData(code=-1, message="User rejected sampling request")
        content = wire.TextContent(text=self.reply)
        return wire.CreateMessageResult(role="assistant", content=content, model="m")


def without_tasks(form: str) -> dict[str, Any]:
    return {"tasks": []} if form == "empty" else {}


@pytest.mark.promise("P1.host", "M3.sampling", "G2.host")
@pytest.mark.parametrize("form", ["empty", "omitted"])
async def test_an_older_host_s_model_writes_the_plan(project: Path, form: str) -> None:
    model = Model(FENCED)
    async with connect(project, "legacy", sampling_callback=model) as host:
        made = (await host.call("plan_create", objective="Add a flag", **without_tasks(form))).facts
    assert (made["objective"], made["state"]) == ("Add a flag", "draft")
    assert made["tasks"] == {"ready": ["flag Add the flag"]}
    (prompt,) = model.asked
    assert "Add a flag" in prompt
    assert "README.md" in prompt, "the files of the project"
    async with as_person(project) as engine:
        view = await operate(engine, "plan.show", plan=made["plan"])
    assert view.plan.header.source == "host"


@pytest.mark.promise("P1.host")
async def test_tasks_that_are_given_are_taken(project: Path, era: Era) -> None:
    model = Model(FENCED)
    async with connect(project, era, sampling_callback=model) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
    assert made["done"] == "0/2"
    assert model.asked == []


@pytest.mark.promise("M3.sampling")
@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (None, "The host's model did not reply: User rejected sampling request"),
        ("", "The host's model did not reply with text"),
        ("I would start with the tests.", "contains no JSON"),
        (json.dumps({"tasks": [{"id": "a", "title": "A", "requires": ["b"]}]}), "'b'"),
    ],
    ids=["refused", "empty", "no plan", "invalid plan"],
)
async def test_without_a_plan_in_the_reply_the_assistant_is_told_to_write_the_tasks(
    project: Path, reply: str | None, why: str
) -> None:
    model = Model(reply)
    async with connect(project, "legacy", sampling_callback=model) as host:
        error = (await host.call("plan_create", objective="Add a flag", tasks=[])).error
        assert (await host.call("plan_get")).facts["plans"] == []
    assert len(model.asked) == 1, "it is asked once"
    assert error.startswith(NEEDED)
    assert why in error
    assert WRITE_THEM in error


@pytest.mark.promise("M3.sampling")
@pytest.mark.parametrize("form", ["empty", "omitted"])
async def test_a_host_without_sampling_is_told_to_write_the_tasks(
    project: Path, era: Era, form: str
) -> None:
    async with connect(project, era) as host:
        error = (await host.call("plan_create", objective="x", **without_tasks(form))).error
    assert error.startswith(f"{NEEDED}: {WRITE_THEM}. Next: plan_create with tasks")


@pytest.mark.promise("M3.sampling")
async def test_the_current_protocol_does_not_ask_the_hosts_model(project: Path) -> None:
    model = Model(FENCED)
    async with connect(project, sampling_callback=model) as host:
        error = (await host.call("plan_create", objective="x", tasks=[])).error
    assert error.startswith(f"{NEEDED}: {WRITE_THEM}")
    assert model.asked == []


@pytest.mark.promise("M3.sampling")
async def test_the_hosts_model_is_not_asked_where_there_is_an_architect(project: Path) -> None:
    settings = {"agents": {"default": "playbook", "options": {"playbook": {"playbook": "p.yaml"}}}}
    (project / "p.yaml").write_text("version: 1\ntasks: {}\n")
    (project / ".podium" / "config.yaml").write_text(json.dumps(settings))
    async with as_person(project) as engine:
        trust(engine.root, engine.config.project)
    model = Model(FENCED)
    async with connect(project, "legacy", sampling_callback=model) as host:
        error = (await host.call("plan_create", objective="x", tasks=[])).error
    assert "ask the person to let an agent draft: podium plan" in error
    assert model.asked == []


@pytest.mark.promise("M3.sampling")
async def test_nothing_else_asks_the_hosts_model(project: Path) -> None:
    model = Model(FENCED)
    async with connect(project, "legacy", sampling_callback=model) as host:
        plan = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts["plan"]
        for tool, arguments in {
            "plan_get": {"plan": plan},
            "plan_check": {"plan": plan},
            "task_next": {"plan": plan},
            "think": {"text": "first", "total": 2},
        }.items():
            with anyio.fail_after(120):
                await host.call(tool, **arguments)
    assert model.asked == []
