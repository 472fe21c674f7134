"""agent.test: ask an agent for one small change in a scratch folder."""

import tempfile
from datetime import datetime
from pathlib import Path

import anyio
from pydantic import Field

from podium.agents.failures import describe_failure
from podium.agents.health import HealthStore
from podium.agents.local_dispatcher import LocalDispatcher
from podium.agents.registry import load_agent
from podium.agents.selection import check_available
from podium.agents.shim_starts import DirectStarter, ShimStarter
from podium.agents.user.credentials import EnvFile
from podium.dialogue.excerpts import redact
from podium.errors import AgentFailed
from podium.model.agents import (
    ROLE_PERMISSIONS,
    AgentReply,
    AgentRequest,
    Limits,
    Outcome,
    Role,
    Usage,
)
from podium.model.base import Frozen
from podium.model.rules.agents.agent_policy import after_call
from podium.model.sandbox import Sandbox
from podium.operations.agent.logins import options_of, require_login
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person_for
from podium.ports.dispatcher import CallLost, CallRefused
from podium.projects.sandbox import project_sandbox

_FILE = "hello.txt"
_LINE = "hello from podium"
_PROMPT = f"""\
Create the file {_FILE} in the current folder. It must contain exactly this one line:
{_LINE}
Change nothing else, run no commands, and answer with the word done."""
_LIMITS = Limits(wall_seconds=300, idle_seconds=120)


class TrialParams(Frozen):
    """Parameters of `agent.test`; not named after it, because pytest would collect it."""

    agent: str = Field(description="the agent, or `agent@login` for one of several logins")


class AgentTrial(Frozen):
    """How an agent carried out the task."""

    agent: str
    wrote_the_file: bool
    """Whether the file is there with the right content, so that the agent can carry out tasks."""
    answer: str
    seconds: float
    usage: Usage


@operation("agent.test", Effect.WRITE)
async def test(place: Place, params: TrialParams) -> AgentTrial:
    """Test an agent with one turn in a scratch folder: it writes one line into a file.

    The agent calls its model, which may cost a little. Its rest ends if it completes the turn.

    Raises:
        NotApproved: the requester is not a person.
        ValidationError: there is no such agent.
        AgentUnavailable: it cannot be started here.
        SandboxUnavailable: the settings require a sandbox, and none works.
        AgentFailed: it did not complete the turn.
    """
    require_person_for(place.actor, "test an agent")
    login = require_login(params.agent)
    name, options = options_of(login, place)
    check_available(name, options)
    with tempfile.TemporaryDirectory(prefix="podium-test-") as scratch:
        began = place.clock.now()
        starter = DirectStarter(EnvFile(place.home).variables if place.home else dict)
        sandbox = await anyio.to_thread.run_sync(project_sandbox, place.root, place.config)
        reply = await _call(Path(scratch), name, options, starter, sandbox)
        ended = place.clock.now()
        written = _is_written(Path(scratch) / "work" / _FILE)
    _note(login, reply, began, place)
    if reply.outcome is not Outcome.COMPLETED:
        raise AgentFailed(
            f"The agent {login} did not complete the test",
            why=redact(describe_failure(name, reply)),
            hints=[load_agent(name).describe().install_hint, "podium agents"],
        )
    return AgentTrial(
        agent=login,
        wrote_the_file=written,
        answer=redact(reply.text.strip()),
        seconds=round((ended - began).total_seconds(), 1),
        usage=reply.usage,
    )


def _note(login: str, reply: AgentReply, began: datetime, place: Place) -> None:
    """Count the call for the health of the login."""
    policy = place.config.config.agents.policy
    HealthStore().change(
        login,
        lambda health: after_call(
            health,
            policy,
            f"test/{began:%Y%m%dT%H%M%S%f}",
            reply.outcome,
            now=place.clock.now(),
            detail=reply.detail,
            retry_after=reply.retry_after_seconds,
        ),
    )


async def _call(
    scratch: Path, name: str, options: dict[str, str], starter: ShimStarter, sandbox: Sandbox
) -> AgentReply:
    """Make one call in an empty folder below `scratch`."""
    work = scratch / "work"
    work.mkdir()
    request = AgentRequest(
        key="test/hello/1/execute",
        agent=name,
        role=Role.EXECUTOR,
        prompt=_PROMPT,
        task_id="hello",
        folder=str(work),
        files=(_FILE,),
        permissions=ROLE_PERMISSIONS[Role.EXECUTOR].model_copy(update={"commands": False}),
        limits=_LIMITS,
        options=options,
        sandbox=sandbox,
    )
    dispatcher = LocalDispatcher(scratch / "calls", starter)
    try:
        await dispatcher.submit(request)
        outcome = await dispatcher.wait_outcome(request.key)
    finally:
        with anyio.CancelScope(shield=True):
            await dispatcher.cancel(request.key, "the test was ended")
    if isinstance(outcome, CallRefused):
        return AgentReply(outcome=Outcome.START_FAILED, detail=outcome.reason)
    if isinstance(outcome, CallLost):
        return AgentReply(outcome=Outcome.FAILED, detail="its process died")
    return outcome.reply


def _is_written(path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8").strip() == _LINE
    except (OSError, UnicodeDecodeError):
        return False
