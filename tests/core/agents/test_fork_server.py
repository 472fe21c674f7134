"""Forked shims are what started ones are, start exactly once, and import nothing."""

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from podium.agents import fork_protocol, shim_starts
from podium.agents.call_directory import CallDirectory
from podium.agents.local_dispatcher import LocalDispatcher
from podium.agents.shim_starts import DirectStarter, ForkServer, ShimStarter
from podium.model.agents import AgentReply, AgentRequest, Outcome
from podium.platform.process import processes
from podium.platform.process.processes import is_alive, mark_of
from podium.ports.dispatcher import CallOutcome
from tests.support import fake_acp_agent
from tests.support.dispatcher_kits import fork_servers, playbook_request
from tests.support.projects import Json, write

pytestmark = [
    pytest.mark.usefixtures("started_processes"),
    pytest.mark.skipif(sys.platform != "linux", reason="shims are forked on Linux only"),
]

MAX_IMPORTED = 0
"""Modules that a forked shim imports; a started one imports some five hundred."""


class Stage:
    """A dispatcher whose calls are carried out by a playbook.

    Args:
        place: an empty folder.
        starter: starts the shims.
    """

    def __init__(self, place: Path, starter: ShimStarter) -> None:
        self.place = place
        self.work = place / "work"
        self.work.mkdir()
        self.ledger = place / "ledger"
        self.dispatcher = LocalDispatcher(place / "calls", starter)

    def request(self, name: str, *steps: Json) -> AgentRequest:
        return playbook_request(self.place, self.work, self.ledger, name, *steps)

    async def made(self, request: AgentRequest) -> AgentReply:
        """Make a call and return its reply."""
        await self.dispatcher.submit(request)
        found = await self.dispatcher.wait_outcome(request.key)
        assert isinstance(found, CallOutcome)
        return found.reply

    def noted(self) -> list[str]:
        """Return the starts and ends of calls that the agents noted."""
        return self.ledger.read_text().splitlines() if self.ledger.exists() else []


@pytest.fixture
def forks() -> Iterator[ForkServer]:
    with ForkServer() as starter:
        yield starter


@pytest.fixture
def stage(tmp_path: Path, forks: ForkServer) -> Stage:
    return Stage(tmp_path, forks)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        with anyio.fail_after(300):
            await scene()

    anyio.run(run)


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await anyio.sleep(0.01)


def hooked(place: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have every interpreter that is started from now on run some code first."""
    (place / "hooks").mkdir()
    (place / "hooks" / "sitecustomize.py").write_text(textwrap.dedent(code))
    monkeypatch.setenv("PYTHONPATH", str(place / "hooks"))


COUNT_MODULES = """
    import os, sys
    fork, leave = os.fork, os._exit
    before = set()

    def forked():
        pid = fork()
        if pid == 0:
            before.update(sys.modules)
        return pid

    def left(code):
        if before:
            with open({report!r}, "a") as file:
                file.write(" ".join(sorted(set(sys.modules) - before)) + chr(10))
        leave(code)

    os.fork, os._exit = forked, left
"""


@pytest.mark.parametrize(
    ("agent", "forked"),
    [
        # The playbook's player is forked, too.
        pytest.param("playbook", 2, id="playbook"),
        pytest.param("acp", 1, id="acp"),
        pytest.param("gemini", 1, id="gemini"),
    ],
)
def test_a_forked_shim_imports_nothing(
    agent: str, forked: int, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = stage.place / "imported"
    hooked(stage.place, monkeypatch, COUNT_MODULES.format(report=str(report)))
    monkeypatch.setenv("XDG_CACHE_HOME", str(stage.place / "cache"))
    request = stage.request("t1", write("a.txt", "a\n"))
    if agent != "playbook":
        options = acp_options(stage.place)
        request = request.model_copy(update={"agent": agent, "options": options})

    async def scene() -> None:
        assert (await stage.made(request)).outcome is Outcome.COMPLETED
        # The outcome is there before the shim ends.
        await until(lambda: report.exists() and report.read_text().count("\n") == forked)

    play(scene)
    for imported in report.read_text().splitlines():
        assert len(imported.split()) <= MAX_IMPORTED, imported


def acp_options(place: Path) -> dict[str, str]:
    """Return the options of an agent that does what a script says."""
    text = {"type": "text", "text": "done"}
    update = {"sessionUpdate": "agent_message_chunk", "content": text}
    script = place / "acp.json"
    end = {"answer": {"stopReason": "end_turn"}}
    script.write_text(json.dumps({"prompt": [{"update": update}, end]}))
    program = [sys.executable, fake_acp_agent.__file__, str(script), str(place / "acp.log")]
    return {"command": json.dumps(program), "home": "private"}


def test_eight_calls_at_once_start_once_each(stage: Stage) -> None:
    requests = [stage.request(f"t{n}", write(f"{n}.txt", "x\n")) for n in range(8)]
    replies: list[AgentReply] = []

    async def one(request: AgentRequest) -> None:
        replies.append(await stage.made(request))

    async def scene() -> None:
        async with anyio.create_task_group() as group:
            for each in requests:
                group.start_soon(one, each)
        assert len(fork_servers()) == 1

    play(scene)
    assert [each.outcome for each in replies] == [Outcome.COMPLETED] * 8
    expected = [f"{word} {each.key}" for each in requests for word in ("end", "start")]
    assert sorted(stage.noted()) == sorted(expected)


def shown(place: Path, starter: ShimStarter, monkeypatch: pytest.MonkeyPatch) -> Json:
    """Return what the system shows of a shim, and what its agent inherits from it."""
    place.mkdir()
    stage = Stage(place, starter)
    found: Json = {}

    async def scene() -> None:
        # The server of a fork starter is started before what the shim inherits changes.
        assert (await stage.made(stage.request("first"))).outcome is Outcome.COMPLETED
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        agents = ["sh", "-c", "echo $TZ; umask; ulimit -Sn; touch started; sleep 600"]
        request = stage.request("t1", {"run": ["sh", "-c", f"({agents[2]}) > inherited"]})
        before, soft = os.umask(0o027), resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft[0] - 1, soft[1]))
        try:
            await stage.dispatcher.submit(request)
        finally:
            os.umask(before)
            resource.setrlimit(resource.RLIMIT_NOFILE, soft)
        await until((stage.work / "started").exists)
        folder = stage.dispatcher.folder(request.key)
        start = folder.start()
        assert start is not None
        found.update(state_of(start.shim.pid, folder, soft[0]))
        found["inherited"] = (stage.work / "inherited").read_text().split()
        await stage.dispatcher.cancel(request.key, "enough")

    play(scene)
    return found


def state_of(pid: int, folder: CallDirectory, limit: int) -> Json:
    proc = Path(f"/proc/{pid}")
    status = dict(
        line.split(":", 1) for line in (proc / "status").read_text().splitlines() if ":" in line
    )
    names = ("Umask", "SigBlk", "SigIgn", "SigCgt")
    files = sorted(os.readlink(each) for each in (proc / "fd").iterdir())
    own = [each.replace(str(folder.path), "CALL") for each in files if each.startswith("/")]
    title = (proc / "cmdline").read_bytes().split(b"\0")
    limits = (proc / "limits").read_text().splitlines()
    (files_limit,) = [each.split()[3] for each in limits if each.startswith("Max open files")]
    return {
        "limits below ours": limit - int(files_limit),
        "signals": {name: status[name].strip() for name in names},
        "files": [each for each in own if "CALL" in each or each == "/dev/null"],
        "sockets to others": sum(each.startswith("socket:") for each in files),
        "folder": os.readlink(proc / "cwd") == str(folder.path),
        "leads its session": os.getsid(pid) == pid == os.getpgid(pid),
        "title": [os.fsdecode(each) for each in title[:5]],
    }


def test_a_forked_shim_is_what_a_started_one_is(
    tmp_path: Path, forks: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    forked = shown(tmp_path / "forked", forks, monkeypatch)
    monkeypatch.setenv("TZ", "UTC")
    started = shown(tmp_path / "started", DirectStarter(), monkeypatch)
    assert forked == started
    assert forked["inherited"][:2] == ["Asia/Tokyo", "0027"]


def test_the_server_holds_no_secret(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_API_KEY", "sk-0123456789")
    monkeypatch.setenv("PODIUM_PROCESS_MARK", "outer")

    async def scene() -> None:
        await stage.made(stage.request("t1"))
        (server,) = fork_servers()
        environment = server.environ()
        assert "NEW_API_KEY" not in environment
        assert environment["PODIUM_PROCESS_MARK"] == "outer"
        files = [os.readlink(each) for each in Path(f"/proc/{server.pid}/fd").iterdir()]
        assert not [each for each in files if str(stage.place / "calls") in each]

    play(scene)


HOOK = """
    import os, signal, socket, sys
    fork, receive = os.fork, socket.recv_fds
    server = os.getpid() if "fork-server" in sys.orig_argv else None

    def die(pid):
        os.kill(pid, signal.SIGKILL)

    def forked():
        if os.getpid() != server:
            return fork()
        {before_fork}
        pid = fork()
        if pid == 0:
            {in_shim}
        else:
            {after_fork}
        return pid

    def received(*arguments):
        found = receive(*arguments)
        {after_receive}
        return found

    os.fork, socket.recv_fds = forked, received
"""
MOMENTS = {
    "the server when a call arrives": {"after_receive": "die(os.getpid())"},
    "the server before it forks": {"before_fork": "die(os.getpid())"},
    "the server after it forked": {"after_fork": "die(os.getpid())"},
    "the server, by the shim that runs": {"in_shim": "die(os.getppid())"},
    "the shim before it answers": {"in_shim": "die(os.getpid())"},
}


@pytest.mark.promise("R7.once", "R7.kill")
@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_of_the_server_loses_and_repeats_nothing(
    moment: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = dict.fromkeys(("before_fork", "in_shim", "after_fork", "after_receive"), "pass")
    hooked(stage.place, monkeypatch, HOOK.format(**nothing | MOMENTS[moment]))
    names = [f"t{n}" for n in range(5)]

    async def scene() -> None:
        for name in names:
            reply = await stage.made(stage.request(name, {"say": "done"}))
            assert (reply.outcome, reply.salvaged) == (Outcome.COMPLETED, False)

    play(scene)
    keys = [f"r-1/{name}/1/execute" for name in names]
    assert stage.noted() == [f"{word} {key}" for key in keys for word in ("start", "end")]
    tries = [stage.dispatcher.folder(key).tries() for key in keys]
    assert [each.times for each in tries if each] == [1] * len(names)


def test_kill_with_a_call_on_its_way_to_the_server_loses_nothing(stage: Stage) -> None:
    async def scene() -> None:
        await stage.made(stage.request("first"))
        (server,) = fork_servers()
        server.suspend()
        request = stage.request("t1", {"say": "done"})
        async with anyio.create_task_group() as group:
            group.start_soon(stage.dispatcher.submit, request)
            await until(lambda: stage.dispatcher.folder(request.key).tries() is not None)
            server.kill()
        assert (await stage.made(request)).outcome is Outcome.COMPLETED
        await stage.made(stage.request("next"))
        assert [each.pid for each in fork_servers()] != [server.pid]

    play(scene)
    assert [each.split()[0] for each in stage.noted()] == ["start", "end"] * 3


RUNNER = """
    import sys, anyio
    from pathlib import Path
    from podium.agents.local_dispatcher import LocalDispatcher
    from podium.agents.shim_starts import ForkServer
    from podium.model.agents import AgentRequest

    async def main():
        request = AgentRequest.model_validate_json(Path(sys.argv[2]).read_bytes())
        with ForkServer() as forks:
            await LocalDispatcher(Path(sys.argv[1]), forks).submit(request)
            print("submitted", flush=True)
            await anyio.sleep_forever()

    anyio.run(main)
"""


@pytest.mark.promise("R7.once", "R7.kill")
def test_kill_of_the_runner_ends_the_server_and_no_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path, DirectStarter())
    request = stage.request("t1", {"run": ["sh", "-c", "until [ -e go ]; do sleep 0.1; done"]})
    asked = tmp_path / "request.json"
    asked.write_text(request.model_dump_json())
    arguments = [sys.executable, "-c", textwrap.dedent(RUNNER), str(tmp_path / "calls"), str(asked)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == b"submitted\n"
        (server,) = fork_servers(psutil.Process(runner.pid))
        mark = mark_of(server.pid)
        assert mark is not None
        runner.kill()

    async def scene() -> None:
        await until(lambda: not is_alive(mark))
        await stage.dispatcher.submit(request)
        (stage.work / "go").touch()
        assert (await stage.made(request)).outcome is Outcome.COMPLETED

    play(scene)
    assert [each.split()[0] for each in stage.noted()] == ["start", "end"]


def test_a_server_of_another_version_is_not_used(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_protocol, "program_identity", lambda: "another")

    async def scene() -> None:
        assert (await stage.made(stage.request("t1"))).outcome is Outcome.COMPLETED
        await until(lambda: not fork_servers())

    play(scene)


def test_a_starter_that_fails_again_and_again_starts_no_more_servers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Any] = []
    start = processes.start_child
    code = "import os, sys\nif 'fork-server' in sys.orig_argv: os.fork = None\n"
    hooked(stage.place, monkeypatch, code)

    def counted(*arguments: Any, **more: Any) -> None:
        begun.append(arguments)
        start(*arguments, **more)

    monkeypatch.setattr(shim_starts, "start_child", counted)

    async def scene() -> None:
        for number in range(6):
            reply = await stage.made(stage.request(f"t{number}"))
            assert reply.outcome is Outcome.COMPLETED

    play(scene)
    assert len(begun) == 3


def test_an_agent_of_another_package_is_imported_in_its_own_call(stage: Stage) -> None:
    request = stage.request("t1").model_copy(update={"agent": "nobody"})

    async def scene() -> None:
        reply = await stage.made(request)
        assert (reply.outcome, "nobody" in reply.detail) == (Outcome.START_FAILED, True)

    play(scene)


def test_the_end_of_the_starter_ends_the_server(tmp_path: Path) -> None:
    with ForkServer() as forks:
        stage = Stage(tmp_path, forks)

        async def first() -> None:
            await stage.made(stage.request("t1"))

        play(first)
        (server,) = fork_servers()

    async def ended() -> None:
        await until(lambda: not fork_servers())

    play(ended)
    assert server.pid not in [each.pid for each in fork_servers()]


def test_a_signal_ends_a_forked_call_as_it_ends_a_started_one(stage: Stage) -> None:
    request = stage.request("t1", {"hang": True})

    async def scene() -> None:
        await stage.dispatcher.submit(request)
        await until(lambda: len(stage.noted()) == 1)
        start = stage.dispatcher.folder(request.key).start()
        assert start is not None
        os.kill(start.shim.pid, signal.SIGTERM)
        assert (await stage.made(request)).outcome is Outcome.TIMED_OUT

    play(scene)
