"""Random and mutated messages and arguments: no crash, no hang, every request answered once."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium_mcp.inputs import PlanCreate
from podium_mcp.registry import Tier
from podium_mcp.tools.table import TOOLS
from tests.mcp_server.harness import TASKS, connect
from tests.mcp_server.wire import META, Message, ServerProcess
from tests.support.repositories import files_of

MESSAGES = 20_000
BATCH = 500
ODD: list[Any] = [
    *(None, True, False, 0, -1, 2**63, 10**30, 1.5, "", " ", "\x00", "p-", "../x", "/etc/passwd"),
    *([], {}, [[]], {"a": {}}, "x" * 5000, "\ud83d", "\u202e", "-1", "done", "open", "%s%n"),
]
METHODS = [
    *("tools/call", "tools/list", "resources/read", "resources/list", "prompts/get"),
    *("prompts/list", "completion/complete", "server/discover", "tasks/get", "tasks/cancel"),
    *("tasks/update", "resources/templates/list", "ping", "initialize", "logging/setLevel", ""),
]


@pytest.mark.torture
@pytest.mark.promise("M1", "X1")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_survives_a_flood_of_nonsense(project: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    outside = tmp_path / "outside"
    outside.mkdir()
    with ServerProcess(project, "--tools", "all") as server:
        server.call("plan_create", objective="x", tasks=TASKS)
        for start in range(0, MESSAGES // 2, BATCH):
            lines: list[bytes] = []
            names: list[Any] = []
            for n in range(start, start + BATCH):
                message = _message(chance, n)
                lines.append(json.dumps(message).encode() if message else _noise(chance))
                if message and "id" in message:
                    names.append(message["id"])
            server.write(b"\n".join(lines) + b"\n")
            server.send(
                {"jsonrpc": "2.0", "id": "end", "method": "tools/list", "params": {"_meta": META}}
            )
            _answers(server, [*names, "end"])
        assert server.call("plan_get")["plans"], "it works as before"
        code, rest = server.end()
        assert (code, [each for each in rest if "id" in each]) == (0, [])
    assert files_of(outside) == {}
    written = {path.split("/")[0] for path in files_of(project)}
    assert written <= {".podium", "README.md", *_exports(project)}


def _exports(project: Path) -> set[str]:
    """Return the plain names in the project's top: what an export may have written there."""
    return {path.name for path in project.iterdir() if path.is_file() and not path.is_symlink()}


def _answers(server: ServerProcess, names: list[Any]) -> None:
    """Read until the last of these requests is answered; each is answered once."""
    wanted = Counter(json.dumps(name) for name in names)
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
        assert "failed inside the server" not in json.dumps(message), message


def _message(chance: random.Random, number: int) -> Message | None:
    """Return a message with something wrong in it, or None for a line that is none at all."""
    if chance.random() < 0.05:
        return None
    params: Message = {"_meta": META}
    method = chance.choice(METHODS)
    if method == "tools/call":
        tool = chance.choice(TOOLS)
        # A run would start programs, and a wait would only wait.
        names = [name for name in tool.input.model_fields if name != "wait_s"]
        chosen = {name: _odd(chance) for name in names if chance.random() < 0.6}
        params |= {"name": tool.name, "arguments": chosen}
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


arguments = st.one_of(
    *(
        st.tuples(
            st.just(tool.name),
            st.fixed_dictionaries(
                {},
                optional={
                    name: st.one_of(
                        st.text(max_size=30),
                        st.integers(),
                        st.booleans(),
                        st.none(),
                        st.lists(st.text(max_size=5), max_size=3),
                        st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
                    )
                    for name in tool.input.model_fields
                    if name != "wait_s"
                },
            ),
        )
        for tool in TOOLS
    )
)


@settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(calls=st.lists(arguments, min_size=5, max_size=15))
def test_any_arguments_are_answered_with_facts_or_a_lesson(
    project: Path, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    async def all_of_them() -> None:
        async with connect(project, tier=Tier.ALL) as host:
            for tool, given_arguments in calls:
                answer = await host.call(tool, **given_arguments)
                if answer.result.is_error:
                    assert "failed inside the server" not in answer.text, answer.text
                else:
                    assert answer.facts["next"]

    anyio.run(all_of_them)


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
    assert all(len(task.title) <= 200 for task in found.tasks)
