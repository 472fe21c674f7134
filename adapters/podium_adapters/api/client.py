"""Runs one turn of the agent `api`: starts its process, answers its requests, and cleans up."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from podium.model.agents import AgentReply, AgentRequest, Usage
from podium.ports.agent import CallContext, CallServices
from podium_adapters.acp.launching import PreparedLaunch
from podium_adapters.acp.outcome import Verdict
from podium_adapters.acp.policy import Action
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.rights import exact_input
from podium_adapters.acp.transcript import ToolStatus, ToolUpdate, Transcript
from podium_adapters.api.edits import Answer, Change, Editor
from podium_adapters.api.endpoint import Endpoint
from podium_adapters.api.verdicts import judge_failure
from podium_adapters.environment import HomeKind, ProcessEnvironment, make_environment
from podium_adapters.headless.client import Turn, reply_of
from podium_adapters.headless.reader import Later, LineReader, TurnContext
from podium_adapters.json_values import JsonObject, count_at, number_at, text_at, value_at
from podium_adapters.process import Child, Launch

_PROFILE = Profile(name="api", title="Model API", summary="", install_hint="")
_PROGRAM = ("-P", "-m", "podium_adapters.api")
_REQUESTS = frozenset({"permission", "write", "replace", "blocks"})
_STATUSES: dict[str, ToolStatus] = {
    "running": "running",
    "completed": "completed",
    "failed": "failed",
}


async def run_turn(endpoint: Endpoint, request: AgentRequest, context: CallContext) -> AgentReply:
    """Run one turn and return the reply; the processes are gone afterwards, even after an error.

    Raises:
        AgentUnavailable: its process cannot be started.
    """
    environment, key = _environment(endpoint, context)
    folder = Path(request.folder)
    launch = Launch([sys.executable, *_PROGRAM], folder, environment.variables, talks=True)
    prepared = PreparedLaunch(launch, environment, HomeKind.PRIVATE)
    transcript = Transcript(_PROFILE, context.sink, folder, environment.redact)
    backup = context.scratch / "backup"
    turn_context = TurnContext(_PROFILE, request, transcript, context.person)
    editor = Editor(turn_context.rights, transcript, context.services, backup)
    reader = ApiReader(turn_context, _job(endpoint, request, key))

    def make_turn(child: Child) -> ApiTurn:
        turn = ApiTurn(_PROFILE, child, reader, transcript)
        turn.requests = Requests(turn_context, context.services, editor)
        return turn

    return await reply_of(prepared, request, context, make_turn)


def _environment(endpoint: Endpoint, context: CallContext) -> tuple[ProcessEnvironment, str]:
    """Return the environment of the process, without the key, and the key.

    The key is written to the process's input, because the model's commands can read the
    environment of their parents.
    """
    name = endpoint.key_variable
    environment = make_environment(
        context.scratch, os.environ, home=HomeKind.PRIVATE, passed=(name,) if name else ()
    )
    key = environment.variables.pop(name, "")
    secrets = dict.fromkeys((*([key] if key else []), *environment.secrets))
    return replace(environment, secrets=tuple(secrets)), key


def _job(endpoint: Endpoint, request: AgentRequest, key: str) -> bytes:
    job = {
        "endpoint": endpoint.model_dump(mode="json"),
        "key": key,
        "seconds": request.limits.wall_seconds,
        "prompt": request.prompt,
        "write": request.permissions.write,
        "commands": request.permissions.commands,
    }
    return json.dumps(job).encode() + b"\n"


class ApiReader(LineReader):
    """Reads what the process reports; see `headless.reader.Reader`."""

    session_id = ""

    def __init__(self, context: TurnContext, job: bytes) -> None:
        self._context = context
        self._transcript = context.transcript
        self._job = job
        self.usage = Usage()
        self.verdict: Verdict | None = None

    @property
    def keeps_input_open(self) -> bool:
        """Return True: the process asks for edits and commands."""
        return True

    def arguments(self) -> Sequence[str]:
        """Return no arguments."""
        return ()

    def opening(self) -> bytes:
        """Return the job."""
        return self._job

    def read(self, message: JsonObject) -> Sequence[JsonObject]:
        """Record a report."""
        match message.get("type"):
            case "text":
                self._transcript.add_text(text_at(message, "text"), text_at(message, "message"))
            case "thought":
                self._transcript.add_thought(text_at(message, "text"))
            case "tool":
                self._transcript.add_tool_update(_update(message))
            case "end":
                self.usage = _usage(message)
                self.verdict = self._context.judge_end()
            case "failed":
                self.usage = _usage(message)
                self.verdict = judge_failure(message, _PROFILE, datetime.now(UTC))
            case _:
                pass
        return ()


class Requests:
    """Answers what the process asks for.

    Args:
        context: the parts of the turn.
        services: reads the blocks in a reply.
        editor: changes files.
    """

    def __init__(self, context: TurnContext, services: CallServices | None, editor: Editor) -> None:
        self._context = context
        self._services = services
        self._editor = editor

    def later(self, message: JsonObject) -> Later | None:
        """Return what answers a request, for which a person may be asked; None if it is none."""
        if message.get("type") not in _REQUESTS:
            return None

        async def answer() -> JsonObject:
            return await self.answer(message) or {}

        return answer

    async def answer(self, message: JsonObject) -> JsonObject | None:
        """Return the answer to a request, or None if the message is none."""
        name = text_at(message, "id")
        match message.get("type"):
            case "permission":
                return {"id": name, **await self._decide(message)}
            case "write" | "replace":
                return {"id": name, **_fields(await self._editor.apply(_change(message)))}
            case "blocks":
                return {"id": name, **_fields(await self._apply_blocks(message))}
            case _:
                return None

    async def _decide(self, message: JsonObject) -> JsonObject:
        content = exact_input(
            {"command": value_at(message, "command")}, self._context.rights.folder
        )
        action = Action(text_at(message, "kind"), text_at(message, "title"), content=content)
        decision = await self._context.rights.settle(action)
        self._context.transcript.add_decision(action, decision)
        return {"allowed": decision.allowed, "reason": decision.reason}

    async def _apply_blocks(self, message: JsonObject) -> Answer:
        """Write the files in the model's text; without any file there is nothing to do."""
        services = self._services
        if services is None:
            return Answer(changed=False, text="Podium cannot read blocks here")
        found = services.read_blocks(text_at(message, "text"), self._context.request.files)
        if found.problems:
            problems = "\n".join(f"- {each}" for each in found.problems)
            return Answer(changed=False, text=f"Nothing was written:\n{problems}")
        if not found.files:
            return Answer(changed=False, text="", clean=True)
        return await self._editor.apply_all(f"blocks-{text_at(message, 'id')}", found.files)


class ApiTurn(Turn):
    """A turn in which the process also asks Podium to act."""

    requests: Requests

    async def answers(self, message: JsonObject) -> Sequence[JsonObject | Later]:
        """Record a message, and return the answer if it is a request."""
        answer = self.requests.later(message)
        return self.reader.read(message) if answer is None else (answer,)


def _change(message: JsonObject) -> Change:
    content = value_at(message, "content")
    pairs = cast("list[tuple[str, str]]", value_at(message, "replacements") or [])
    return Change(
        id=f"edit-{text_at(message, 'id')}",
        path=text_at(message, "path"),
        content=content if isinstance(content, str) else None,
        replacements=tuple((old, new) for old, new in pairs),
        was_read=value_at(message, "was_read") is not False,
    )


def _fields(answer: Answer) -> JsonObject:
    return {"changed": answer.changed, "text": answer.text, "clean": answer.clean}


def _update(message: JsonObject) -> ToolUpdate:
    return ToolUpdate(
        id=text_at(message, "id"),
        title=text_at(message, "title"),
        kind=text_at(message, "kind"),
        status=_STATUSES.get(text_at(message, "status")),
    )


def _usage(message: JsonObject) -> Usage:
    return Usage(
        input_tokens=count_at(message, "input_tokens"),
        output_tokens=count_at(message, "output_tokens"),
        cached_tokens=count_at(message, "cached_tokens"),
        cost_usd=number_at(message, "cost_usd"),
    )
