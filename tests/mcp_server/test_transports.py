"""The same calls give the same answers in memory, over stdio and over HTTP, in both eras.

What is asked stands here, and what is answered, whole, in `goldens/answers.yaml`.
"""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as wire
import pytest
from mcp import MCPError
from mcp.client.streamable_http import streamable_http_client
from pydantic import JsonValue

from podium_mcp.tools.tool import Tier
from tests.mcp_server.harness import TASKS, YES, Answer, Era, Host, connect
from tests.mcp_server.readable import readable
from tests.mcp_server.test_http import serving
from tests.mcp_server.tool_list import FOLDER
from tests.mcp_server.wire import over_pipes
from tests.support.goldens import Goldens

pytestmark = pytest.mark.anyio

# What is made up on the way, and the names by which it is asked for and shown.
_PLACES = (
    ("PLAN", r"p-(?!zzzzzz)[0-9a-z]{6}"),
    ("VERSION", r"(?<![-\w])(?!0{12})[0-9a-f]{12}\b"),
    ("SESSION", r"s-[0-9a-z]{6}"),
    ("FINDING", r"f-[0-9a-z]{6}"),
    ("LEASE", r"l-[0-9a-f]{6,}"),
)
_TIMES = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|\+00:00)?|\b\d\d-\d\d \d\d:\d\d\b|by \w+ on \d{4}-\d\d-\d\d"
)

_OF_AN_ERA = ("_meta", "resultType", "ttlMs", "cacheScope")

Arguments = dict[str, Any]

# A tool, or a method of the protocol, and its arguments.
CALLS: tuple[tuple[str, Arguments], ...] = (
    ("plan_get", {}),
    ("task_next", {}),
    ("plan_create", {"objective": "Add a flag", "tasks": TASKS}),
    ("run_start", {"plan": "PLAN"}),
    ("plan_approve", {"plan": "PLAN", "version": "000000000000"}),
    ("plan_approve", {"plan": "PLAN", "version": "VERSION"}),
    ("plan_get", {}),
    ("plan_get", {"plan": "PLAN"}),
    ("plan_get", {"plan": "PLAN", "detail": "full"}),
    ("plan_get", {"plan": "PLAN", "task": "docs"}),
    ("plan_check", {}),
    ("plan_export", {"plan": "PLAN", "format": "csv"}),
    ("plan_export", {"plan": "PLAN", "path": "../plan.md"}),
    ("task_next", {"claim": False}),
    ("task_next", {}),
    ("task_update", {"task": "parse", "percent": 40, "lease": "LEASE"}),
    ("task_update", {"task": "parse", "state": "done", "lease": "LEASE"}),
    ("task_update", {"task": "parse", "state": "blocked", "lease": "LEASE"}),
    ("task_update", {"task": "parse", "state": "blocked", "reason": "no API", "lease": "LEASE"}),
    ("plan_get", {"task": "parse"}),
    ("think", {"thought": "The parser takes it", "total": 2}),
    ("think", {"thought": "Rather the writer", "revises": 1}),
    ("session_list", {"where": "type:planning"}),
    ("session_list", {"session": "SESSION-2"}),
    ("finding_update", {"path": "README.md", "line": 1, "severity": "error", "message": "short"}),
    ("finding_list", {"where": "severity:error"}),
    ("finding_update", {"finding": "FINDING", "status": "dismissed"}),
    ("finding_update", {"finding": "FINDING", "status": "dismissed", "reason": "a sample"}),
    ("finding_list", {}),
    ("check_syntax", {"path": "a.py", "text": "def f(:\n"}),
    ("run_status", {}),
    ("run_status", {"wait_s": 51}),
    ("run_control", {"run": "r-zzzzzz", "action": "pause"}),
    (
        "plan_update",
        {
            "plan": "PLAN",
            "version": "VERSION",
            "edits": [{"op": "set", "task": "docs", "fields": {"title": "Explain the flag"}}],
        },
    ),
    ("plan_update", {"plan": "PLAN", "version": "VERSION", "edits": []}),
    ("plan_get", {"plan": "p-zzzzzz"}),
    ("think", {"n": 1}),
    ("no_such_tool", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "podium://task/PLAN/docs"}),
    ("resources/read", {"uri": "podium://session/SESSION-2"}),
    ("resources/read", {"uri": "podium://finding/FINDING"}),
    ("resources/read", {"uri": "podium://plan/PLAN"}),
    ("resources/read", {"uri": "podium://plan/p-zzzzzz"}),
    ("prompts/get", {"name": "task_status", "arguments": {"task": "docs"}}),
    ("prompts/get", {"name": "plan", "arguments": {}}),
    ("completion/complete", {"prompt": "approve_plan", "name": "plan", "value": "p-"}),
    ("completion/complete", {"prompt": "task_status", "name": "task", "value": "d"}),
    ("completion/complete", {"prompt": "resume", "name": "session", "value": "s-"}),
    ("completion/complete", {"prompt": "export_plan", "name": "format", "value": "m"}),
)


@pytest.mark.promise("M2.resources", "M2.prompts", "M3.stdio", "M3.http", "M3.current", "M3.older")
@pytest.mark.parametrize("transport", ["memory", "stdio", "http"])
async def test_the_same_calls_give_the_same_answers(
    project: Path, era: Era, transport: str, goldens: Goldens
) -> None:
    names: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    async with _connected(project, era, transport) as host:
        for called, arguments in CALLS:
            given = _renamed(arguments, {name: real for real, name in names.items()})
            answer = await _answer(host, called, given)
            _learn(json.dumps(answer), names)
            rows.append({"call": called, "with": arguments, "answer": _renamed(answer, names)})
    goldens.check(FOLDER / "answers.yaml", readable(rows))


async def _answer(host: Host, called: str, given: Any) -> Any:
    """Return the whole answer as plain JSON, without what the era alone makes different."""
    try:
        result = await _result(host, called, given)
    except MCPError as error:
        return {"error": error.error.model_dump(exclude_none=True)}
    if isinstance(result, wire.CallToolResult):
        answer = Answer(result)
        return {"refused": answer.error} if result.is_error else answer.facts
    dumped: dict[str, Any] = result.model_dump(by_alias=True, mode="json", exclude_none=True)
    return {k: v for k, v in dumped.items() if k not in _OF_AN_ERA}


async def _result(host: Host, called: str, given: Any) -> Any:
    client = host.client
    match called:
        case "resources/list":
            return await client.list_resources()
        case "resources/templates/list":
            return await client.list_resource_templates()
        case "resources/read":
            return await client.read_resource(given["uri"])
        case "prompts/get":
            return await client.get_prompt(given["name"], given["arguments"])
        case "completion/complete":
            prompt = wire.PromptReference(name=given.pop("prompt"))
            return await client.complete(prompt, given)
        case tool:
            return await client.call_tool(tool, given)


def _learn(text: str, names: dict[str, str]) -> None:
    """Name what is new in an answer: the first plan is PLAN, the second PLAN-2, and so on."""
    for place, pattern in _PLACES:
        for real in re.findall(pattern, text):
            known = [name for name in names.values() if name.split("-")[0] == place]
            names.setdefault(real, place if not known else f"{place}-{len(known) + 1}")


def _renamed(value: JsonValue, names: dict[str, str]) -> Any:
    match value:
        case str():
            for real in sorted(names, key=len, reverse=True):
                value = value.replace(real, names[real])
            # Whether an id is near enough to be proposed depends on its letters.
            return _TIMES.sub("TIME", value.replace("did you mean PLAN?; ", ""))
        case dict():
            return {key: _renamed(each, names) for key, each in value.items()}
        case list():
            return [_renamed(each, names) for each in value]
        case _:
            return value


@asynccontextmanager
async def _connected(project: Path, era: Era, transport: str) -> AsyncGenerator[Host]:
    match transport:
        case "memory":
            async with connect(project, era, answer=YES, tier=Tier.ALL) as host:
                yield host
        case "stdio":
            pipes = over_pipes(project, "--tools", "all", "--project", str(project))
            async with connect(project, era, answer=YES, target=pipes) as host:
                yield host
        case _:
            with serving(project, "--tools", "all") as (address, token):
                shown = {"Authorization": f"Bearer {token}"}
                async with httpx2.AsyncClient(headers=shown, timeout=300) as client:
                    over = streamable_http_client(address, http_client=client)
                    async with connect(project, era, answer=YES, target=over) as host:
                        yield host
