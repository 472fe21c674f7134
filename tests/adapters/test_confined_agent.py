"""An ACP agent in a real sandbox: the process itself is confined, whatever it does."""

import dataclasses
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.model.agents import ROLE_PERMISSIONS, AgentReply, Limits, Outcome, Role
from podium.model.sandbox import CommandKind
from podium.platform.sandbox.places import confine_agent
from podium_adapters.acp.agents import AcpAgent
from tests.adapters.fake import END, PROFILE, says
from tests.adapters.harness import Call, new_call, request, run
from tests.support import fake_acp_agent
from tests.support.projects import clean_environment
from tests.support.repositories import isolated_git
from tests.support.sandboxes import SECRET, living, needs_bubblewrap, put_secrets, sandbox

__all__ = ["clean_environment", "isolated_git"]

pytestmark = [needs_bubblewrap, pytest.mark.on_disk]


class Stage:
    """A call with a fake agent, whose program and script are in the working folder.

    Args:
        place: holds the call's folders.
        home: the user's home folder.
    """

    def __init__(self, place: Path, home: Path) -> None:
        self.home = home
        self.call: Call = new_call(place)
        put_secrets(home)
        shutil.copy(fake_acp_agent.__file__, self.call.folder / "agent.py")

    def turn(
        self, *acts: Any, role: Role = Role.EXECUTOR, agent: str = "acp", **more: Any
    ) -> AgentReply:
        folder, scratch = self.call.folder, self.call.context.scratch
        (folder / "script.json").write_text(json.dumps({"prompt": [*acts]}))
        can_write = ROLE_PERMISSIONS[role].write
        found = sandbox(CommandKind.AGENTS)
        confinement = confine_agent(found, folder, scratch, agent, can_write=can_write)
        context = dataclasses.replace(self.call.context, confinement=confinement)
        program = [sys.executable, "agent.py", "script.json", str(scratch / "log.jsonl")]
        options = {"command": json.dumps(program), "home": "private"}
        asked = request(self.call, role=role, options=options, **more)
        return run(AcpAgent(PROFILE), dataclasses.replace(self.call, context=context), asked)


@pytest.fixture
def stage(clean_environment: Path, tmp_path: Path) -> Stage:
    return Stage(tmp_path, clean_environment)


def shell(script: str) -> dict[str, list[str]]:
    return {"run": ["sh", "-c", script]}


@pytest.mark.promise("X6.linux", "X6.files")
def test_an_agent_talks_works_and_keeps_its_home(stage: Stage) -> None:
    reply = stage.turn(shell('echo a > a.txt; echo b > "$HOME/b"; mktemp'), says("done"), END)
    assert (reply.outcome, reply.text) == (Outcome.COMPLETED, "done")
    assert (stage.call.folder / "a.txt").read_text() == "a\n"


@pytest.mark.promise("X6.linux", "X6.files")
@pytest.mark.parametrize(
    "script",
    ["echo x > {outside}/x", "echo x > {home}/x", "cat {home}/.ssh/*"],
)
def test_an_agent_cannot_break_out(stage: Stage, script: str) -> None:
    places = {"outside": stage.call.outside, "home": stage.home}
    reply = stage.turn(shell(f"{script.format(**places)} > seen"), says("done"), END)
    assert reply.outcome is not Outcome.COMPLETED
    assert [*stage.call.outside.iterdir()] == []
    assert not (stage.home / "x").exists()
    seen = stage.call.folder / "seen"
    assert not seen.exists() or SECRET not in seen.read_text()


@pytest.mark.promise("X6.files", "G9.environment")
def test_an_agent_keeps_its_own_login_and_sees_no_other(stage: Stage) -> None:
    (stage.home / ".gemini").mkdir()
    look = f"cat {stage.home}/.codex/auth.json > seen; ! ls -A {stage.home}/.gemini | grep ."
    (stage.home / ".gemini" / "login").write_text("login\n")
    reply = stage.turn(
        shell(f"{look} && echo new > {stage.home}/.codex/auth.json"),
        says("done"),
        END,
        agent="codex",
    )
    assert reply.outcome is Outcome.COMPLETED, reply.detail
    assert SECRET in (stage.call.folder / "seen").read_text()
    assert (stage.home / ".codex" / "auth.json").read_text() == "new\n"


@pytest.mark.promise("X6.files", "X2.least")
def test_a_role_that_may_not_write_cannot_write_the_worktree(stage: Stage) -> None:
    reply = stage.turn(shell("echo x > x"), END, role=Role.AUDITOR)
    assert reply.outcome is not Outcome.COMPLETED
    assert not (stage.call.folder / "x").exists()


@pytest.mark.promise("G6", "X6.linux")
def test_an_agent_over_its_limit_is_ended_with_all_it_started(stage: Stage) -> None:
    start = {"start": ["sleep", "602.25"]}
    reply = stage.turn(start, {"hang": True}, limits=Limits(wall_seconds=1, idle_seconds=30))
    assert reply.outcome is Outcome.TIMED_OUT
    assert living("sleep 602.25") == []
