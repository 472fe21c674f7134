"""A project and a host for tests of the MCP server; both protocol eras behind one face."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import anyio
import mcp_types as wire
from mcp import Client

from podium.app import open_engine, open_place
from podium.model.events import Actor
from podium.operations.engine import Engine
from podium.operations.table import load_operation
from podium_mcp.context.project import Project
from podium_mcp.server.server import build_server
from podium_mcp.tools.tool import Tier
from tests.support.repositories import make_repository

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")
PERSON = Actor(kind="person", name="tester", face="cli")

TASKS: list[dict[str, Any]] = [
    {
        "id": "parse",
        "title": "Parse the flag",
        "files": ["cli.py"],
        "accept": [{"text": "cli.py parses", "command": ["python3", "-m", "py_compile", "cli.py"]}],
    },
    {
        "id": "docs",
        "title": "Write the docs",
        "requires": ["parse"],
        "files": ["README.md"],
        "accept": [{"text": "the flag is explained"}],
    },
]


@dataclass
class Answer:
    """What a call was answered with."""

    result: wire.CallToolResult

    @property
    def facts(self) -> dict[str, Any]:
        """Return the structured result; the text must say the very same."""
        assert not self.result.is_error, self.text
        assert json.loads(self.text) == self.result.structured_content
        return self.result.structured_content or {}

    @property
    def text(self) -> str:
        """Return the text."""
        (content,) = self.result.content
        assert isinstance(content, wire.TextContent)
        return content.text

    @property
    def error(self) -> str:
        """Return the text of a refusal."""
        assert self.result.is_error, self.text
        return self.text


Reply = Callable[[str], wire.ElicitResult]
YES = wire.ElicitResult(action="accept", content={"agree": True})
NO = wire.ElicitResult(action="accept", content={"agree": False})
DECLINE = wire.ElicitResult(action="decline")
CANCEL = wire.ElicitResult(action="cancel")


@dataclass
class Host:
    """A host that is connected to a server."""

    client: Client
    questions: list[str] = field(default_factory=lambda: [])
    forms: list[Mapping[str, Any]] = field(default_factory=lambda: [])
    notifications: list[str] = field(default_factory=lambda: [])

    async def call(self, tool: str, **arguments: Any) -> Answer:
        """Call a tool."""
        return Answer(await self.client.call_tool(tool, arguments))


@asynccontextmanager
async def connect(
    folder: Path,
    era: Era = "auto",
    *,
    answer: wire.ElicitResult | None = None,
    meanwhile: Callable[[str], Awaitable[None]] | None = None,
    tier: Tier = Tier.DEFAULT,
    target: Any = None,
    **options: Any,
) -> AsyncGenerator[Host]:
    """Connect a host to a server in this process, or to `target`.

    Args:
        answer: what the person answers to every question; None for a host that cannot ask.
        meanwhile: what happens while the question is on the screen.
        target: a server elsewhere, as the SDK's client takes it.
    """
    questions: list[str] = []
    forms: list[Mapping[str, Any]] = []
    notifications: list[str] = []

    async def elicit(context: Any, params: Any) -> wire.ElicitResult:
        questions.append(params.message)
        forms.append(params.requested_schema)
        assert answer is not None
        if meanwhile is not None:
            await meanwhile(params.message)
        return answer

    async def noted(message: Any) -> None:
        uri = getattr(getattr(message, "params", None), "uri", "")
        notifications.append(f"{type(message).__name__} {uri}".strip())

    server = target or build_server(Project(folder), tier)
    callback = elicit if answer is not None else None
    client = Client(
        server, mode=era, elicitation_callback=callback, message_handler=noted, **options
    )
    async with client:
        yield Host(client, questions, forms, notifications)


def make_project(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make a repository that is a Podium project and return its folder."""
    make_repository(folder, files or {"README.md": "A sample\n"})
    init = load_operation("project.init")
    anyio.run(init.run, open_place(folder, PERSON), init.params())
    return folder


@asynccontextmanager
async def as_person(folder: Path) -> AsyncGenerator[Engine]:
    """Open the project as a person does in a terminal."""
    async with opened_by(PERSON, folder) as engine:
        yield engine


@asynccontextmanager
async def opened_by(actor: Actor, folder: Path) -> AsyncGenerator[Engine]:
    """Open the project as somebody does."""
    engine = open_engine(folder, actor)
    try:
        yield engine
    finally:
        engine.store.close()


async def operate(engine: Engine, operation_id: str, **params: Any) -> Any:
    """Ask an operation."""
    operation = load_operation(operation_id)
    return await operation.run(engine, operation.params.model_validate(params))


async def approved_plan(host: Host, folder: Path, tasks: list[dict[str, Any]] | None = None) -> str:
    """Return the id of a plan that a person has approved in a terminal."""
    made = await host.call("plan_create", objective="Add a flag", tasks=tasks or TASKS)
    plan = str(made.facts["plan"])
    async with as_person(folder) as engine:
        await operate(engine, "plan.approve", plan=plan)
    return plan
