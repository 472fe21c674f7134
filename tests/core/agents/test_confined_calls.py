"""Calls of an agent in a real sandbox: its commands cannot break out, and all of it is ended."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from podium.agents.local_dispatcher import LocalDispatcher
from podium.model.agents import ROLE_PERMISSIONS, AgentRequest, Outcome, Role
from podium.model.sandbox import CommandKind, Sandbox
from podium.platform.sandbox.places import confine_agent
from podium.ports.dispatcher import CallLost, CallOutcome
from tests.support.projects import Json
from tests.support.repositories import git
from tests.support.sandboxes import (
    SECRET,
    SECRET_PLACES,
    listening,
    living,
    make_worktree,
    needs_bubblewrap,
    sandbox,
)

KEY = "r-1/t1/1/execute"
pytestmark = [needs_bubblewrap, pytest.mark.on_disk]


class Stage:
    """A scripted call in a worktree of a repository, in a home with secrets.

    Args:
        home: the user's home folder.
        place: an empty folder.
    """

    def __init__(self, home: Path, place: Path) -> None:
        self.home = home
        self.checkout, self.worktree = make_worktree(home, place)
        self.dispatcher = LocalDispatcher(self.checkout / ".podium" / "run" / "calls")
        self._script = place / "playbook.yaml"

    def request(
        self,
        *scripts: str,
        found: Sandbox | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> AgentRequest:
        """Return the request for a call that runs shell scripts."""
        steps: list[Json] = [{"run": ["sh", "-c", each]} for each in scripts]
        self._script.write_text(json.dumps({"version": 1, "tasks": {"t1": [steps]}}))
        return AgentRequest(
            key=KEY,
            agent="playbook",
            role=Role.EXECUTOR,
            prompt="do it",
            folder=str(self.worktree),
            task_id="t1",
            permissions=ROLE_PERMISSIONS[Role.EXECUTOR],
            options={"playbook": str(self._script), "home": "user"},
            sandbox=found or sandbox(CommandKind.AGENTS),
            variables={**(variables or {})},
        )

    def call(self, *scripts: str, **given: Any) -> tuple[CallOutcome, str]:
        """Return the outcome of a call, and everything that it printed."""

        async def go() -> object:
            await self.dispatcher.submit(self.request(*scripts, **given))
            return await self.dispatcher.wait_outcome(KEY)

        outcome = anyio.run(go)
        assert isinstance(outcome, CallOutcome)
        return outcome, self.dispatcher.folder(KEY).output.read_text()


@pytest.fixture
def stage(clean_environment: Path, tmp_path: Path) -> Stage:
    return Stage(clean_environment, tmp_path)


@pytest.mark.promise("X6.linux", "X6.files")
def test_an_agent_can_work_in_its_worktree(stage: Stage) -> None:
    outcome, _ = stage.call("echo b > b.txt", "git status", "git log -p", "mktemp")
    assert outcome.reply.outcome is Outcome.COMPLETED, outcome.reply.detail
    assert (stage.worktree / "b.txt").read_text() == "b\n"


@pytest.mark.promise("X6.linux", "X6.files")
def test_an_agent_has_the_temporary_folder_of_its_worktree(stage: Stage) -> None:
    temporary = stage.checkout / ".git" / "worktrees" / stage.worktree.name / "podium-temp"
    temporary.mkdir()
    outcome, _ = stage.call('echo a > "$PODIUM_TEMP/a"', variables={"PODIUM_TEMP": str(temporary)})
    assert outcome.reply.outcome is Outcome.COMPLETED, outcome.reply.detail
    assert (temporary / "a").read_text() == "a\n"


@pytest.mark.promise("X6.files", "X2.auditors")
def test_a_role_that_only_reads_cannot_write_to_what_the_worktree_is_linked_to(
    stage: Stage,
) -> None:
    shared = stage.checkout / "node_modules"
    shared.mkdir()
    found = sandbox(CommandKind.AGENTS).model_copy(update={"linked": (str(shared),)})
    for role, can_write in ((Role.EXECUTOR, True), (Role.AUDITOR, False)):
        confinement = confine_agent(
            found, stage.worktree, stage.home, "playbook", can_write=role is Role.EXECUTOR
        )
        assert confinement is not None
        assert (str(shared) in confinement.writable) is can_write


BREAK_OUTS = {
    "the home folder": "echo x > ~/x",
    "the checkout": "echo x > {checkout}/x",
    "the common git folder": "echo x > {checkout}/.git/x",
    "a commit": "echo b > b.txt; git add -A && git commit -m x",
    "the result of its own call": "echo x > {checkout}/.podium/run/calls/r-1/t1/1/execute/x",
    "the link to git": "echo x > .git",
}


@pytest.mark.promise("X6.linux", "X6.files")
@pytest.mark.parametrize("name", BREAK_OUTS)
def test_an_agent_writes_nothing_elsewhere(stage: Stage, name: str) -> None:
    outcome, _ = stage.call(BREAK_OUTS[name].format(checkout=stage.checkout))
    assert outcome.reply.outcome is Outcome.FAILED
    assert "the command exited with code" in outcome.reply.detail
    assert list(stage.checkout.parent.rglob("x")) == []
    assert git(stage.worktree, "log", "--oneline", "main..HEAD") == ""


@pytest.mark.promise("X6.linux", "X6.files")
def test_an_agent_reads_no_secret(stage: Stage) -> None:
    places = " ".join(str(stage.home / each) for each in SECRET_PLACES)
    _, printed = stage.call(f"cat {places}; grep -r {SECRET[:10]} ~; true")
    assert SECRET not in printed


@pytest.mark.promise("X6.linux", "X6.network")
@pytest.mark.parametrize("allowed", [True, False])
def test_an_agent_has_the_network_unless_the_settings_take_it(stage: Stage, allowed: bool) -> None:
    kinds = [CommandKind.AGENTS] if allowed else []
    connect = "import socket; socket.create_connection(('127.0.0.1', {}), 30)"
    with listening() as port:
        script = f'{sys.executable} -c "{connect.format(port)}"'
        outcome, _ = stage.call(script, found=sandbox(*kinds))
    assert (outcome.reply.outcome is Outcome.COMPLETED) is allowed


@pytest.mark.promise("G6", "R7.cancel", "X6.linux")
def test_a_cancelled_call_is_ended_with_all_it_started(stage: Stage) -> None:
    script = "setsid nohup sleep 601.25 >/dev/null 2>&1 & touch began; sleep 601.25"

    async def scene() -> None:
        with anyio.fail_after(300):
            await stage.dispatcher.submit(stage.request(script))
            while not (stage.worktree / "began").exists():
                await anyio.sleep(0.01)
            await stage.dispatcher.cancel(KEY, "enough")
            found = await stage.dispatcher.wait_outcome(KEY)
            assert isinstance(found, CallOutcome)
            assert found.reply.outcome is Outcome.CANCELLED

    anyio.run(scene)
    assert living("sleep 601.25") == []
    assert stage.dispatcher.folder(KEY).try_lock() is not None


@pytest.mark.promise("R7.kill", "G6", "X6.linux")
def test_a_command_that_outlives_its_shim_and_its_agent_is_ended(stage: Stage) -> None:
    """It inherited the call's lock through the sandbox, and is found by it."""

    async def scene() -> None:
        with anyio.fail_after(300):
            await stage.dispatcher.submit(stage.request("exec sleep 601.75"))
            while not living("sleep 601.75"):
                await anyio.sleep(0.01)
            survivor = psutil.Process(living("sleep 601.75")[0])
            start = stage.dispatcher.folder(KEY).start()
            assert start is not None
            shim = psutil.Process(start.shim.pid)
            for each in [shim, *(each for each in survivor.parents() if shim in each.parents())]:
                each.kill()
            assert await stage.dispatcher.wait_outcome(KEY) == CallLost(KEY, 1)

    anyio.run(scene)
    assert living("sleep 601.75") == []
