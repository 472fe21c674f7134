"""Random and mutated messages and arguments: no crash, no hang, every request answered once."""

import json
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium_mcp.tools.plans.plan_create import PlanCreate
from podium_mcp.tools.registry import TOOLS
from podium_mcp.tools.tool import Tier
from tests.mcp_server.arguments import CALLS, ODD, Arguments, filled, mutated, tasks_of
from tests.mcp_server.harness import Host, approved_plan, connect
from tests.mcp_server.wire import META, Message, ServerProcess
from tests.support.repositories import files_of

MESSAGES = 20_000
BATCH = 500
SECRET = "the-secret-outside"
METHODS = [
    *("tools/call", "tools/call", "tools/call", "tools/list", "resources/read", "resources/list"),
    *("prompts/get", "prompts/list", "completion/complete", "server/discover", "tasks/get"),
    *("tasks/cancel", "tasks/update", "resources/templates/list", "ping", "initialize"),
    *("logging/setLevel", ""),
]


@pytest.fixture
def outside(project: Path, tmp_path: Path) -> Path:
    """Return a folder outside of the project, with a secret that a link leads to."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text(SECRET)
    (project / "link").symlink_to(folder / "secret.txt")
    return folder


@pytest.mark.torture
@pytest.mark.promise("M1", "X1.paths", "X1.text")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_survives_a_flood_of_nonsense(project: Path, outside: Path, seed: int) -> None:
    _flood(project, outside, seed, MESSAGES // 2)


@pytest.mark.promise("M1", "X1.paths", "X1.text")
def test_a_server_survives_a_wave_of_nonsense(project: Path, outside: Path) -> None:
    _flood(project, outside, 3, BATCH)


def _flood(project: Path, outside: Path, seed: int, count: int) -> None:
    chance = random.Random(seed)
    known = anyio.run(_known, project)
    with ServerProcess(project, "--tools", "all") as server:
        for start in range(0, count, BATCH):
            lines: list[bytes] = []
            names: list[Any] = []
            for n in range(start, start + BATCH):
                message = _message(chance, n, known)
                lines.append(json.dumps(message).encode() if message else _noise(chance))
                if message and "id" in message:
                    names.append(message["id"])
            server.write(b"\n".join(lines) + b"\n")
            server.send(
                {"jsonrpc": "2.0", "id": "end", "method": "tools/list", "params": {"_meta": META}}
            )
            _answers(server, [*names, "end"])
        last = {"name": "plan_get", "arguments": {}, "_meta": META}
        server.send({"jsonrpc": "2.0", "id": "last", "method": "tools/call", "params": last})
        found = _answers(server, ["last"])
        assert found["result"]["structuredContent"]["plans"], "it works as before"
        code, rest = server.end()
        assert (code, [each for each in rest if "id" in each]) == (0, [])
    _check_nothing_escaped(project, outside)


def _check_nothing_escaped(project: Path, outside: Path) -> None:
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"secret.txt": SECRET}
    hidden = {path.split("/")[0] for path in files_of(project) if path.startswith(".")}
    assert hidden == {".podium"}, "exports write where a person would look"


def _answers(server: ServerProcess, names: list[Any]) -> Message:
    """Read until these requests are answered, each once; return the answer that came last.

    Refusals of lines that have no id may come at any time, also after the answers to later lines.
    """
    wanted = Counter(json.dumps(name) for name in names)
    message: Message = {}
    while +wanted:
        message = server.receive()
        if "method" in message:
            continue
        name = json.dumps(message.get("id"))
        if name == "null":
            continue
        assert wanted[name] > 0, f"answered twice: {message}"
        wanted[name] -= 1
        assert ("result" in message) != ("error" in message)
        told = json.dumps(message)
        assert "failed inside the server" not in told, message
        assert SECRET not in told, message
    return message


def _message(chance: random.Random, number: int, known: Mapping[str, str]) -> Message | None:
    """Return a message with something wrong in it, or None for a line that is none at all."""
    if chance.random() < 0.05:
        return None
    params: Message = {"_meta": META}
    method = chance.choice(METHODS)
    if method == "tools/call":
        tool = chance.choice(TOOLS)
        params |= {"name": tool.name, "arguments": filled(mutated(chance, tool), known)}
    elif chance.random() < 0.8:
        keys = ("uri", "name", "cursor", "taskId", "ref", "argument", "arguments", "level")
        params |= {key: _odd(chance) for key in keys if chance.random() < 0.4}
    message: Message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    if chance.random() < 0.15:
        message[chance.choice(("params", "jsonrpc", "method"))] = _odd(chance)
    if chance.random() < 0.1:
        del params["_meta"]
    if chance.random() < 0.05:
        del message["id"]
    return message


def _odd(chance: random.Random) -> Any:
    return {"nested": chance.choice(ODD)} if chance.random() < 0.1 else chance.choice(ODD)


def _noise(chance: random.Random) -> bytes:
    return bytes(chance.choice(range(32, 256)) for _ in range(chance.randrange(1, 60)))


CALM = settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@CALM
@given(calls=st.lists(CALLS, min_size=5, max_size=15))
def test_any_arguments_are_answered_with_facts_or_a_lesson(
    project: Path, calls: list[tuple[str, Arguments]]
) -> None:
    anyio.run(_call_all, project, calls)


@pytest.mark.torture
@settings(CALM, max_examples=150)
@given(calls=st.lists(CALLS, min_size=5, max_size=15))
def test_many_more_arguments_are_answered_with_facts_or_a_lesson(
    project: Path, outside: Path, calls: list[tuple[str, Arguments]]
) -> None:
    anyio.run(_call_all, project, calls)
    _check_nothing_escaped(project, outside)


async def _call_all(project: Path, calls: list[tuple[str, Arguments]]) -> None:
    async with connect(project, tier=Tier.ALL) as host:
        known = await _made(host, project)
        for tool, arguments in calls:
            answer = await host.call(tool, **filled(arguments, known))
            assert SECRET not in answer.text
            if answer.result.is_error:
                assert "failed inside the server" not in answer.text, answer.text
                assert " Next: " in answer.text, answer.text
            else:
                assert answer.facts["next"]


async def _known(project: Path) -> dict[str, str]:
    async with connect(project) as host:
        return await _made(host, project)


async def _made(host: Host, project: Path) -> dict[str, str]:
    """Make what arguments may name, and return the real values by the names."""
    draft = (await host.call("plan_create", objective="y", tasks=tasks_of("a", "b"))).facts
    plan = await approved_plan(host, project, [*tasks_of("a", "b")])
    taken = (await host.call("task_next", plan=plan)).facts
    version = (await host.call("plan_get", plan=plan)).facts["version"]
    return {
        "PLAN": plan,
        "VERSION": version,
        "DRAFT": draft["plan"],
        "DRAFT-VERSION": draft["version"],
        "LEASE": taken["lease"],
    }


texts = st.text()
plans = st.fixed_dictionaries(
    {"objective": texts, "tasks": st.lists(st.fixed_dictionaries({"title": texts}))}
)


@given(plans)
def test_inputs_that_are_accepted_are_within_their_limits(value: dict[str, Any]) -> None:
    try:
        found = PlanCreate.model_validate(value)
    except ValueError:
        return
    assert len(found.objective) <= 20_000
    assert all(len(task.model_dump()["title"]) <= 200 for task in found.tasks)
