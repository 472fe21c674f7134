"""The playbook agent, with real player processes, real files and real kills."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from pydantic import TypeAdapter

from podium.model.agents import (
    AgentEvent,
    AgentReply,
    Final,
    Limits,
    Note,
    Outcome,
    PermissionRequest,
    Permissions,
    Role,
    ToolUse,
)
from podium_adapters.playbook.agent import playbook_agent
from tests.adapters.harness import (
    Call,
    is_alive,
    new_call,
    processes_in,
    request,
    run,
    wait_until,
)

Step = dict[str, Any]
KEY = "run/t-1/1/execute"
EVENT: TypeAdapter[AgentEvent] = TypeAdapter(AgentEvent)


@pytest.fixture
def call(tmp_path: Path) -> Call:
    made = new_call(tmp_path)
    (made.folder / "a.txt").write_text("one two three\n")
    (made.folder / "tool.sh").write_text("old\n")
    (made.folder / "tool.sh").chmod(0o755)
    (made.folder / "out").symlink_to(made.outside)
    return made


def write_script(call: Call, *attempts: list[Step], **more: Any) -> dict[str, str]:
    path = call.folder.parent / "script.yaml"
    tasks = {"t-1": list(attempts)} if attempts else {}
    path.write_text(json.dumps({"version": 1, "tasks": tasks, **more}))
    return {"playbook": str(path)}


def play(call: Call, *steps: Step, **more: Any) -> AgentReply:
    options = write_script(call, list(steps)) | more.pop("options", {})
    return run(playbook_agent, call, request(call, task_id="t-1", options=options, **more))


def lines(call: Call) -> list[str]:
    return call.output.read_text().splitlines()


def final(call: Call) -> AgentReply:
    return Final.model_validate_json(lines(call)[-1]).reply


CHANGES: dict[str, tuple[Step, dict[str, str | None]]] = {
    "write": ({"write": {"path": "new/b.txt", "content": "b\n"}}, {"new/b.txt": "b\n"}),
    "overwrite": ({"write": {"path": "a.txt", "content": "é"}}, {"a.txt": "é"}),
    "replace": (
        {"replace": {"path": "a.txt", "old": "two", "new": "2"}},
        {"a.txt": "one 2 three\n"},
    ),
    "delete": ({"delete": "a.txt"}, {"a.txt": None}),
    "cut": ({"cut": {"path": "a.txt", "content": "abcdef", "at": 4}}, {"a.txt": "abcd"}),
    "run": (
        {"run": [sys.executable, "-c", "open('made by.txt', 'w').write('$HOME')"]},
        {"made by.txt": "$HOME"},
    ),
}


@pytest.mark.promise("G1", "G2.playbook")
@pytest.mark.parametrize("name", CHANGES)
def test_a_step_changes_the_working_folder(call: Call, name: str) -> None:
    step, expected = CHANGES[name]
    reply = play(call, step)
    assert reply.outcome is Outcome.COMPLETED, reply.detail
    for path, content in expected.items():
        assert (call.text(path) if (call.folder / path).exists() else None) == content
    assert final(call) == reply


def test_the_mode_of_a_file_is_kept(call: Call) -> None:
    play(call, {"write": {"path": "tool.sh", "content": "new\n"}})
    assert os.access(call.folder / "tool.sh", os.X_OK)


@pytest.mark.promise("G1")
def test_what_is_said_is_the_reply_and_is_told_as_it_is_said(call: Call) -> None:
    reply = play(call, {"say": "one "}, {"say": "two"})
    assert reply.text == "one two"
    events = [json.loads(line) for line in lines(call)]
    assert [event["type"] for event in events] == ["text", "text", "final"]


def test_the_output_of_a_command_is_told(call: Call) -> None:
    play(call, {"run": [sys.executable, "-c", "print('told')"]})
    events = [EVENT.validate_json(line) for line in lines(call)]
    assert Note(text="told\n") in events
    tools = [event.status for event in events if isinstance(event, ToolUse)]
    assert tools == ["running", "completed"]


FAILURES: dict[str, tuple[Step, Outcome, str]] = {
    "no file": ({"delete": "none.txt"}, Outcome.FAILED, "No such file"),
    "not once": (
        {"replace": {"path": "a.txt", "old": "e", "new": ""}},
        Outcome.FAILED,
        "a.txt: the text to replace occurs 3 times, not once",
    ),
    "bad command": ({"run": ["no-such-program"]}, Outcome.FAILED, "no-such-program cannot be run"),
    "command fails": (
        {"run": [sys.executable, "-c", "raise SystemExit(3)"]},
        Outcome.FAILED,
        "the command exited with code 3",
    ),
    "out of the folder": (
        {"write": {"path": "out/x.txt", "content": "x"}},
        Outcome.REFUSED,
        "write out/x.txt was denied",
    ),
    "on purpose": ({"fail": {"outcome": "cut", "detail": "said so"}}, Outcome.TRUNCATED, "said so"),
    "crash": ({"crash": True}, Outcome.FAILED, "the player exited without a final reply"),
}


@pytest.mark.promise("G1", "X1.links")
@pytest.mark.parametrize("name", FAILURES)
def test_a_step_that_cannot_be_done_ends_the_attempt(call: Call, name: str) -> None:
    step, outcome, detail = FAILURES[name]
    reply = play(call, step, {"write": {"path": "later.txt", "content": ""}})
    assert (reply.outcome, detail in reply.detail) == (outcome, True), reply.detail
    assert not (call.folder / "later.txt").exists()
    assert not list(call.outside.iterdir())


def test_a_failure_carries_how_long_to_wait(call: Call) -> None:
    reply = play(call, {"fail": {"outcome": "rate-limited", "retry_after_seconds": 7}})
    assert (reply.outcome, reply.retry_after_seconds) == (Outcome.RATE_LIMITED, 7)


@pytest.mark.promise("X2.least")
@pytest.mark.parametrize(
    ("step", "permissions", "denied"),
    [
        ({"write": {"path": "b", "content": ""}}, Permissions(commands=True), "change files"),
        ({"delete": "a.txt"}, Permissions(), "change files"),
        ({"run": ["touch", "b"]}, Permissions(write=True), "run commands"),
    ],
)
def test_a_role_does_no_more_than_it_may(
    call: Call, step: Step, permissions: Permissions, denied: str
) -> None:
    reply = play(call, step, permissions=permissions)
    assert reply.outcome is Outcome.REFUSED
    assert len(reply.denied) == 1
    assert f"this role may not {denied}" in reply.denied[0]
    asked = [EVENT.validate_json(line) for line in lines(call)]
    assert [event.allowed for event in asked if isinstance(event, PermissionRequest)] == [False]
    assert not (call.folder / "b").exists()
    assert (call.folder / "a.txt").exists()


def test_garbage_in_the_output_does_not_hide_the_reply(call: Call) -> None:
    reply = play(call, {"garbage": "{not json"}, {"say": "fine"}, {"garbage": "\x00\xff"})
    assert reply.text == "fine"
    assert "{not json" in lines(call)


@pytest.mark.promise("G6")
@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (
            Limits(wall_seconds=60, idle_seconds=0.4),
            "it neither printed anything nor changed a file",
        ),
        (Limits(wall_seconds=0.4, idle_seconds=60), "it took longer than 0.4 s"),
    ],
    ids=["idle", "wall"],
)
def test_a_player_that_hangs_is_ended_with_its_commands(
    call: Call, limits: Limits, why: str
) -> None:
    sleeper = {"run": [sys.executable, "-c", "import signal; signal.pause()"]}
    reply = play(call, sleeper, limits=limits)
    assert (reply.outcome, why in reply.detail) == (Outcome.TIMED_OUT, True), reply.detail
    assert not processes_in(call.folder)
    assert play(call, {"hang": True}, limits=limits).outcome is Outcome.TIMED_OUT


def test_what_is_said_puts_the_idle_limit_off(call: Call) -> None:
    steps: list[Step] = [{"say": "still here "}, {"delay": 0.5}] * 4
    reply = play(call, *steps, limits=Limits(wall_seconds=60, idle_seconds=1.2))
    assert reply.outcome is Outcome.COMPLETED, reply.detail


@pytest.mark.promise("G6")
def test_being_cancelled_ends_the_player(call: Call) -> None:
    options = write_script(call, [{"write": {"path": "begun", "content": ""}}, {"hang": True}])
    asked = request(call, task_id="t-1", options=options)

    async def cancel_when_begun() -> list[str]:
        async with anyio.create_task_group() as group:
            group.start_soon(playbook_agent.run, asked, call.context)
            while not (call.folder / "begun").exists():
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        return processes_in(call.folder)

    assert anyio.run(cancel_when_begun) == []


def test_the_architect_answers_the_plan(call: Call) -> None:
    plan = {"summary": "s", "tasks": [{"id": "t-1", "title": "été"}]}
    options = write_script(call, plan=plan, objective="o")
    reply = run(playbook_agent, call, request(call, role=Role.ARCHITECT, options=options))
    assert reply.outcome is Outcome.COMPLETED
    assert json.loads(reply.text) == {"objective": "o", **plan}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "No playbook is configured"),
        ({"playbook": "none.yaml"}, "cannot be read"),
        pytest.param(
            {"playbook": "broken.yaml"},
            "broken.yaml:1: 'version' must be 1",
            id="options2-broken.yaml:1: version",
        ),
        ({"playbook": "empty.yaml"}, "no steps for the executor of the task 't-1'"),
    ],
)
def test_a_script_that_cannot_be_followed_makes_the_agent_unavailable(
    call: Call, options: dict[str, str], why: str
) -> None:
    (call.folder / "broken.yaml").write_text("version: 7\n")
    (call.folder / "empty.yaml").write_text("version: 1\n")
    reply = run(playbook_agent, call, request(call, task_id="t-1", options=options))
    assert (reply.outcome, why in reply.detail) == (Outcome.START_FAILED, True), reply.detail


def test_a_relative_script_is_looked_for_in_the_checkout_of_a_worktree(tmp_path: Path) -> None:
    checkout, work = tmp_path / "checkout", tmp_path / "tree" / "work"
    (checkout / ".git" / "worktrees" / "work").mkdir(parents=True)
    call = new_call(tmp_path / "tree")
    (work / ".git").write_text(f"gitdir: {checkout}/.git/worktrees/work\n")
    (checkout / "script.yaml").write_text("version: 1\ntasks: {t-1: [[{say: found}]]}\n")
    asked = request(call, task_id="t-1", options={"playbook": "script.yaml"})
    assert run(playbook_agent, call, asked).text == "found"


def test_it_says_whether_its_script_can_be_used(call: Call) -> None:
    assert playbook_agent.available(write_script(call)).available
    told = playbook_agent.available({"playbook": "/none.yaml"})
    assert not told.available
    assert "cannot be read" in told.reason
    assert playbook_agent.describe().attachable


CALLER = """
import json, sys, anyio
from pathlib import Path
from podium.model.agents import AgentRequest
from podium.ports.agent import CallContext
from podium_adapters.playbook.agent import playbook_agent
asked, scratch, output, lock = sys.argv[1:]
class Sink:
    def emit(self, event): pass
context = CallContext(Path(scratch), Path(output), (int(lock),), Sink())
anyio.run(playbook_agent.run, AgentRequest.model_validate_json(asked), context)
"""


@dataclass(frozen=True)
class Patient:
    """A caller whose player runs a command that waits until a file `go` is there."""

    call: Call
    caller: subprocess.Popen[bytes]

    @property
    def go(self) -> Path:
        return self.call.folder / "go"

    @property
    def command(self) -> int:
        return int(self.call.text("command"))


@pytest.fixture
def patient(call: Call) -> Patient:
    code = (
        "import os; open('new', 'w').write(str(os.getpid())); os.rename('new', 'command')\n"
        "while not os.path.exists('go'): pass"
    )
    steps: list[Step] = [
        {"run": [sys.executable, "-c", code]},
        {"write": {"path": "late.txt", "content": "late"}},
        {"say": "all the same"},
    ]
    options = write_script(call, steps) | {"ledger": str(call.folder.parent / "ledger")}
    asked = request(call, task_id="t-1", options=options).model_dump_json()
    lock = os.open(call.folder.parent / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    where = [str(call.context.scratch), str(call.output), str(lock)]
    caller = subprocess.Popen([sys.executable, "-c", CALLER, asked, *where], pass_fds=[lock])
    os.close(lock)
    wait_until((call.folder / "command").exists)
    return Patient(call, caller)


@pytest.mark.promise("R7.once")
def test_the_player_delivers_its_reply_although_its_caller_was_killed(patient: Patient) -> None:
    call = patient.call
    patient.caller.send_signal(signal.SIGKILL)
    patient.caller.wait()

    assert is_locked(call), "the player keeps the call alive"
    patient.go.touch()
    wait_until(lambda: not is_locked(call))
    assert call.text("late.txt") == "late"
    assert final(call) == AgentReply(outcome=Outcome.COMPLETED, text="all the same")
    assert (call.folder.parent / "ledger").read_text() == f"start {KEY}\nend {KEY}\n"


@pytest.mark.promise("R7.once")
def test_a_command_keeps_the_call_alive_although_its_player_was_killed(patient: Patient) -> None:
    player = psutil.Process(patient.command).parent()
    assert player is not None
    for process in (patient.caller, player):
        process.kill()
    patient.caller.wait()
    wait_until(lambda: not is_alive(player.pid))
    assert is_locked(patient.call), "or another player would work beside the command"
    patient.go.touch()
    wait_until(lambda: not is_locked(patient.call))
    assert not (patient.call.folder / "late.txt").exists()


def is_locked(call: Call) -> bool:
    fd = os.open(call.folder.parent / "lock", os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@pytest.mark.promise("G6")
def test_a_player_whose_caller_was_killed_still_keeps_its_time_limit(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = {
        "key": KEY,
        "folder": str(call.folder),
        "output": str(call.output),
        "ledger": "",
        "limits": "",
        "seconds": 0.3,
        "write": True,
        "commands": True,
        "steps": [{"run": [sys.executable, "-c", "import signal; signal.pause()"]}],
    }
    path = call.context.scratch / "job.json"
    path.write_text(json.dumps(job))
    player = [sys.executable, "-P", "-m", "podium_adapters.playbook.player", str(path)]
    done = subprocess.run(player, cwd=call.folder, check=False)
    assert done.returncode == 0
    assert final(call).outcome is Outcome.TIMED_OUT
    wait_until(lambda: not processes_in(call.folder))


def test_the_player_needs_nothing_that_is_slow_to_import() -> None:
    code = "import sys, podium_adapters.playbook.player; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    slow = {"pydantic", "ruamel", "anyio", "asyncio", "psutil", "acp"}
    assert not slow & set(done.stdout.split())
