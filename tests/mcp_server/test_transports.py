"""The same calls give the same answers in memory, over stdio and over HTTP, in both eras."""

import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from pydantic import JsonValue

from tests.mcp_server.harness import TASKS, YES, Era, Host, connect
from tests.mcp_server.test_http import serving
from tests.mcp_server.wire import PODIUM

pytestmark = pytest.mark.anyio

PLAN = "PLAN"
VERSION = "VERSION"

# A tool, its arguments, and the whole answer; ids and versions are written as names.
CASES: list[tuple[str, dict[str, Any], dict[str, Any] | str]] = [
    ("plan_get", {}, {"plans": [], "next": "plan_create"}),
    (
        "plan_create",
        {"objective": "Add a flag", "tasks": TASKS},
        {
            "plan": PLAN,
            "version": VERSION,
            "state": "draft",
            "objective": "Add a flag",
            "done": "0/2",
            "tasks": {"ready": ["parse Parse the flag"], "pending": ["docs Write the docs"]},
            "next": f"plan_approve {PLAN} {VERSION}",
        },
    ),
    (
        "run_start",
        {"plan": PLAN},
        f"Plan {PLAN} may not run: nobody has approved it yet. "
        f"Next: plan_get {PLAN}; plan_approve {PLAN}.",
    ),
    (
        "plan_approve",
        {"plan": PLAN, "version": VERSION},
        {
            "plan": PLAN,
            "version": VERSION,
            "state": "approved",
            "approved": True,
            "next": f"task_next {PLAN} to do the tasks yourself, or run_start {PLAN}",
        },
    ),
    (
        "task_next",
        {"claim": False},
        {
            "plan": PLAN,
            "ready": ["parse Parse the flag"],
            "waiting": 1,
            "next": "task_next with claim",
        },
    ),
    (
        "plan_get",
        {"plan": PLAN, "task": "docs"},
        {
            "task": f"{PLAN}/docs",
            "title": "Write the docs",
            "state": "pending",
            "requires": ["parse"],
            "files": ["README.md"],
            "accept": [{"id": "c1", "text": "the flag is explained"}],
            "not_shown": ["c1"],
            "next": f"task_next {PLAN}",
        },
    ),
    (
        "plan_check",
        {},
        {
            "plan": PLAN,
            "complete": False,
            "done": "0/2",
            "open": [
                "parse is pending",
                "docs is pending",
                "parse lacks evidence for c1",
                "docs lacks evidence for c1",
            ],
            "next": f"task_next {PLAN}",
        },
    ),
    ("finding_list", {}, {"findings": [], "next": "plan_check"}),
    (
        "run_status",
        {},
        "Nothing has run yet. Next: run_start.",
    ),
    (
        "plan_get",
        {"plan": "p-zzzzzz"},
        "There is no plan 'p-zzzzzz'. Next: plan_get without a plan.",
    ),
    (
        "think",
        {"n": 1},
        "think was called wrongly: thought: is missing; n: there is no such argument. "
        "Next: call think again with: thought, total, revises, branch_from, branch, session.",
    ),
]


@pytest.mark.promise("M3")
@pytest.mark.parametrize("transport", ["memory", "stdio", "http"])
async def test_the_same_calls_give_the_same_answers(
    project: Path, era: Era, transport: str
) -> None:
    async with _connected(project, era, transport) as host:
        names: dict[str, str] = {}
        for tool, arguments, wanted in CASES:
            given = {key: names.get(str(value), value) for key, value in arguments.items()}
            answer = await host.call(tool, **given)
            text = answer.text
            for name, pattern in ((PLAN, r"p-[0-9a-z]{6}"), (VERSION, r"\b[0-9a-f]{12}\b")):
                found = [each for each in re.findall(pattern, text) if each != "p-zzzzzz"]
                if name not in names and found:
                    names[name] = found[0]
            shown = _named(answer.error if isinstance(wanted, str) else answer.facts, names)
            assert shown == wanted, (tool, given)


def _named(value: JsonValue, names: dict[str, str]) -> JsonValue:
    match value:
        case str():
            for name, real in names.items():
                value = value.replace(real, name)
            # Whether an id is near enough to be proposed depends on its letters.
            return value.replace("did you mean PLAN?; ", "")
        case dict():
            return {key: _named(each, names) for key, each in value.items()}
        case list():
            return [_named(each, names) for each in value]
        case _:
            return value


@asynccontextmanager
async def _connected(project: Path, era: Era, transport: str) -> AsyncGenerator[Host]:
    match transport:
        case "memory":
            async with connect(project, era, answer=YES) as host:
                yield host
        case "stdio":
            target = StdioServerParameters(
                command=str(PODIUM), args=["mcp", "--project", str(project)], env=dict(os.environ)
            )
            async with connect(project, era, answer=YES, target=target) as host:
                yield host
        case _:
            with serving(project) as (address, token):
                shown = {"Authorization": f"Bearer {token}"}
                async with httpx2.AsyncClient(headers=shown, timeout=60) as client:
                    over = streamable_http_client(address, http_client=client)
                    async with connect(project, era, answer=YES, target=over) as host:
                        yield host
