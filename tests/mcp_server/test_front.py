"""The lean front: quick, equal to the server behind it, and nothing is lost at the hand-over."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium_mcp.bootstrap import HANDSHAKE_VERSIONS, LONGEST_LINE, SNAPSHOT, Bootstrap
from podium_mcp.server.snapshot import ask, make_snapshot, text_of
from podium_mcp.start import WRONG_USE, start
from podium_mcp.tools.tool import Tier
from tests.mcp_server.harness import as_person, operate
from tests.mcp_server.wire import META, OPENING, Message, ServerProcess
from tests.support.goldens import Goldens

LISTS = ("tools/list", "prompts/list", "resources/templates/list")


def request(name: Any, method: str, params: Message | None = None) -> Message:
    message: Message = {"jsonrpc": "2.0", "id": name, "method": method}
    return message if params is None else message | {"params": params}


def answers_of(*lines: Message | bytes, tier: str = "default") -> tuple[list[Message], list[bytes]]:
    """Return what the front answers by itself, and what it leaves to the server."""
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    sink = io.BytesIO()
    front = Bootstrap(tier, io.BytesIO(b"\n".join(raw) + b"\n"), sink)
    front.read()
    left: list[bytes] = []
    while (line := front.lines.get()) is not None:
        left.append(line.rstrip(b"\n"))
    return [json.loads(line) for line in sink.getvalue().splitlines()], left


@pytest.mark.promise("M3.stdio")
def test_the_snapshot_is_what_the_server_answers(goldens: Goldens) -> None:
    goldens.check(Path(SNAPSHOT), text_of(anyio.run(make_snapshot)))


@pytest.mark.promise("M3.stdio")
@pytest.mark.parametrize("tier", Tier)
def test_the_front_shows_the_tools_of_each_set_as_the_server_does(tier: Tier) -> None:
    for params in ({}, {"_meta": META}):
        wanted = anyio.run(ask, _opened(params) | {"tools/list": params}, tier)["tools/list"]
        (answer,), left = answers_of(request(1, "tools/list", params), tier=tier)
        assert answer == {"jsonrpc": "2.0", "id": 1, "result": wanted}
        assert left == []


@pytest.mark.promise("M3.stdio", "M3.current", "M3.older")
@pytest.mark.parametrize("version", [*HANDSHAKE_VERSIONS, "2099-01-01", "nonsense"])
def test_the_front_shakes_hands_as_the_server_does_in_every_version(version: str) -> None:
    opening = OPENING | {"protocolVersion": version}
    wanted = anyio.run(ask, {"initialize": opening} | {name: {} for name in LISTS}, Tier.DEFAULT)
    lines = [request(name, name, opening if name == "initialize" else {}) for name in wanted]
    answers, left = answers_of(*lines)
    assert {each["id"]: each["result"] for each in answers} == wanted
    assert [json.loads(line)["method"] for line in left] == ["initialize"], "the server needs it"


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"{}",
        b'"text"',
        b"[" * 100_000,
        b'{"jsonrpc": "2.0", "method": "tools/list"}',
        request(None, "tools/list"),
        request(True, "tools/list"),
        request(1.5, "tools/list"),
        request({}, "tools/list"),
        request(1, "tools/list", []),  # type: ignore[arg-type] # what a client may send
        request(1, "tools/list", {"cursor": "x"}),
        request(1, "tools/list", {"_meta": []}),
        request(1, "tools/list", {"_meta": META | {"io.modelcontextprotocol/clientInfo": 1}}),
        request(
            1, "tools/list", {"_meta": META | {"io.modelcontextprotocol/protocolVersion": "2031"}}
        ),
        request(
            1, "tools/list", {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}
        ),
        request(1, "initialize", {}),
        request(1, "initialize", OPENING | {"clientInfo": {}}),
        request(1, "initialize", OPENING | {"_meta": META}),
        request(1, "server/discover", {}),
        request(1, "tools/call", {"name": "plan_get"}),
        {**request(1, "tools/list"), "jsonrpc": "1.0"},
        {**request(1, "tools/list"), "method": 5},
    ],
)
def test_what_is_not_a_well_formed_opening_request_is_left_to_the_server(
    line: Message | bytes,
) -> None:
    answers, left = answers_of(line)
    assert answers == []
    assert len(left) == 1


def test_a_line_without_end_is_not_kept_in_memory() -> None:
    answers, left = answers_of(b"x" * (LONGEST_LINE + 10), request(1, "tools/list"))
    assert left == [b"a line that is too long"]
    assert [each["id"] for each in answers] == [1]


@pytest.mark.promise("M3.stdio", "M3.current", "M3.older")
@pytest.mark.parametrize("modern", [True, False])
def test_fifty_requests_at_once_from_the_first_byte_are_each_answered_once(
    project: Path, *, modern: bool
) -> None:
    params: Message = {"_meta": META} if modern else {}
    first = "server/discover" if modern else "initialize"
    messages = [request(0, first, params if modern else OPENING)]
    if not modern:
        messages.append({"jsonrpc": "2.0", "method": "notifications/initialized"})
    call = {"name": "plan_create", "arguments": {"objective": "x", "tasks": [{"title": "a"}]}}
    for n in range(1, 50):
        method, given = [
            ("tools/list", {}),
            ("prompts/list", {}),
            ("tools/call", call),
            ("resources/list", {}),
            ("no/such", {}),
        ][n % 5]
        messages.append(request(n if n % 2 else f"n{n}", method, given | params))
    with ServerProcess(project, fresh=True) as server:
        server.send(*messages)
        wanted = {each["id"]: each["method"] for each in messages if "id" in each}
        answers = server.receive_answers(wanted)
        for name, method in wanted.items():
            assert ("error" in answers[name]) == (method == "no/such"), answers[name]
        if modern:
            assert len(server.call("plan_get")["plans"]) == 10
        code, rest = server.end()
        assert (code, [each for each in rest if "id" in each]) == (0, [])


@pytest.mark.promise("M4")
def test_what_was_asked_before_the_host_closed_its_end_is_still_carried_out(project: Path) -> None:
    arguments = {"objective": "kept", "tasks": [{"title": "a"}]}
    call = {"name": "plan_create", "arguments": arguments, "_meta": META}
    with ServerProcess(project, fresh=True) as server:
        server.send(request(1, "server/discover", {"_meta": META}), request(2, "tools/call", call))
        answers = server.receive_answers([1, 2])
        assert answers[2]["result"]["structuredContent"]["objective"] == "kept"
        assert server.end()[0] == 0


def test_lines_that_are_no_messages_are_refused_and_the_server_goes_on(project: Path) -> None:
    with ServerProcess(project) as server:
        server.write(b"nonsense\n\n[1]\n" + b'{"jsonrpc": "2.0", "id": 7}\n' + b"\xff\xfe\n")
        codes = [(each["id"], each["error"]["code"]) for each in (server.receive() for _ in "1234")]
        assert codes == [(None, -32700), (None, -32600), (7, -32600), (None, -32700)]
        assert server.call("plan_get")["plans"] == []


def test_nothing_else_can_write_on_the_hosts_wire(project: Path) -> None:
    """A program that a check runs prints; its output must not reach the host."""
    command = ["python3", "-c", "import os; print('noise'); os.write(1, b'noise')"]
    tasks = [{"id": "a", "title": "A", "accept": [{"text": "x", "command": command}]}]
    with ServerProcess(project) as server:
        made = server.call("plan_create", objective="x", tasks=tasks)
        anyio.run(_approve, project, made["plan"])
        server.call("task_next")
        done = server.call("task_update", task="a", state="done")
        assert done["state"] == "done"


@pytest.mark.promise("P4.approve")
def test_an_answer_counts_only_for_the_question_that_was_asked(project: Path) -> None:
    """A client that invents an answer, or changes the sealed question, approves nothing."""
    able: dict[str, Any] = META | {
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}
    }
    yes = {"action": "accept", "content": {"agree": True}}
    with ServerProcess(project) as server:
        made = server.call("plan_create", objective="x", tasks=[{"title": "a"}])
        key = "plan.approve"
        call: Message = {
            "name": "plan_approve",
            "arguments": {"plan": made["plan"], "version": made["version"]},
            "_meta": able,
        }
        asked = server.ask("tools/call", call)["result"]
        assert asked["resultType"] == "input_required"
        invented = server.ask("tools/call", call | {"inputResponses": {key: yes}})["result"]
        assert invented["resultType"] == "input_required"
        for state in ("", f"{key}|yes", asked["requestState"][:-4] + "AAAA"):
            forged = call | {"inputResponses": {key: yes}, "requestState": state}
            answer = server.ask("tools/call", forged)
            assert "error" in answer or answer["result"]["resultType"] == "input_required"
        other = server.call("plan_create", objective="y", tasks=[{"title": "b"}])
        moved = {"plan": other["plan"], "version": other["version"]}
        forged = call | {
            "arguments": moved,
            "inputResponses": {key: yes},
            "requestState": asked["requestState"],
        }
        answer = server.ask("tools/call", forged)
        assert "error" in answer or answer["result"]["resultType"] == "input_required"
        right = {"inputResponses": {key: yes}, "requestState": asked["requestState"]}
        agreed = server.ask("tools/call", call | right)["result"]
        assert agreed["structuredContent"]["approved"] is True


def test_the_front_loads_nothing_heavy() -> None:
    code = "import sys, podium_mcp.bootstrap, podium_mcp.start; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    loaded = {name.split(".")[0] for name in modules}
    assert "podium_mcp" in loaded
    assert not loaded & {"pydantic", "mcp", "anyio", "asyncio", "click", "logging"}
    engine = {name for name in modules if name.split(".")[0] == "podium"}
    assert engine == {"podium", "podium.platform", "podium.platform.stdio"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--tools", "many"], "--tools is one of: core, default, all, read-only"),
        (["--tools"], "--tools needs a value"),
        (["--nonsense"], "there is no option '--nonsense'"),
    ],
)
def test_wrong_options_are_explained(
    capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert start(options) == WRONG_USE
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""


def _opened(params: Message) -> Message:
    return {} if params else {"initialize": OPENING}


async def _approve(project: Path, plan: str) -> None:
    async with as_person(project) as engine:
        await operate(engine, "plan.approve", plan=plan)
