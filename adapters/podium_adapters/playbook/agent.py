"""The playbook agent: reads the script, starts the player and waits.

The player is a separate process that writes the call's output itself, so the call survives the
death of the waiting process.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from pydantic import TypeAdapter, ValidationError

from podium.errors import InvalidConfig
from podium.model.agents import (
    AgentEvent,
    AgentReply,
    AgentRequest,
    AgentSpec,
    AskKind,
    Availability,
    Final,
    Login,
    LoginState,
    Outcome,
    Role,
)
from podium.model.files.playbook import Playbook, Step, plain, with_answers
from podium.model.sandbox import SandboxTool
from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import open_file
from podium.platform.sandbox.prefix import confining_prefix
from podium.ports.agent import CallContext
from podium_adapters.environment import HomeKind, make_environment
from podium_adapters.forked import can_fork
from podium_adapters.playbook import player
from podium_adapters.playbook.cache import load_playbook_for
from podium_adapters.playbook.loading import parse_playbook
from podium_adapters.process import Child, Launch, LimitHit, preload_process, started

_EVENT: TypeAdapter[AgentEvent] = TypeAdapter(AgentEvent)
_TAIL_BYTES = 4 * 1024 * 1024
_ORPHAN_SECONDS = 5.0
"""Seconds beyond the limit after which an orphaned player stops."""


class PlaybookAgent:
    """Follows a YAML script of edits and commands; docs/playbook.md describes it."""

    def describe(self) -> AgentSpec:
        """Return the agent's description."""
        return AgentSpec(
            name="playbook",
            title="Playbook",
            summary="Follows a YAML script of edits and commands, without a model or a network.",
            attachable=True,
            install_hint="Built in; it follows a script: podium plan --playbook FILE",
            required_options=("playbook",),
            options={
                "playbook": "the script: an absolute path, or one relative to the project",
                "ledger": "a file that records the start and the end of each call, one line each",
                "home": "private (default): an empty home folder; user: the user's own",
            },
        )

    def available(self, options: dict[str, str]) -> Availability:
        """Return whether the script can be read."""
        try:
            load_playbook_for(_script_path(options, Path.cwd()), Role.ARCHITECT, "")
        except InvalidConfig as error:
            return Availability(available=False, reason=str(error))
        return Availability(available=True)

    def login(self, options: dict[str, str], environment: Mapping[str, str]) -> Login:
        """Return that it needs no login."""
        del options, environment
        return Login(state=LoginState.NOT_NEEDED)

    def asks(self, options: dict[str, str]) -> tuple[AskKind, ...]:
        """Return that it never asks: what the script says has been decided."""
        del options
        return ()

    def preload(self) -> None:
        """Import what `run` needs; see `Preloadable.preload`."""
        preload_process()
        parse_playbook('{"version": 1, "tasks": {}}', "empty")
        plain(Step(say=""))

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Run the steps of one attempt in the player; see `Agent.run`."""
        try:
            path = _script_path(request.options, Path(request.folder))
            playbook = load_playbook_for(path, request.role, request.task_id, request.purpose)
            steps = _steps(playbook, request)
        except InvalidConfig as error:
            return AgentReply(outcome=Outcome.START_FAILED, detail=str(error))
        launch = _prepare(request, context, steps)
        hit: LimitHit | None = None
        async with started(launch, context, request.limits) as child:
            hit = await _wait(child)
        reply = _last_reply(context.output)
        return reply or _missing_reply(child, hit)


playbook_agent = PlaybookAgent()


def _script_path(options: dict[str, str], folder: Path) -> Path:
    """Return the script's path; a relative path is looked up in the project, then in the working
    folder."""
    text = options.get("playbook", "")
    if not text:
        raise InvalidConfig(
            "No playbook is configured",
            why="the agent needs the option `playbook`",
            hints=["set agents.options.playbook.playbook to the script's path"],
        )
    in_project = _project_of(folder) / text
    return in_project if in_project.exists() else folder / text


def _project_of(folder: Path) -> Path:
    """Return the checkout of a worktree, or the folder itself.

    In a worktree, `.git` is a file that contains `<checkout>/.git/worktrees/<name>`.
    """
    try:
        words = (folder / ".git").read_text("utf-8").strip().removeprefix("gitdir:").strip()
    except (OSError, UnicodeDecodeError):
        return folder
    git = (folder / words).resolve()
    return git.parents[2] if git.parent.name == "worktrees" else folder


def _steps(playbook: Playbook, request: AgentRequest) -> Sequence[Step]:
    if request.role is Role.ARCHITECT:
        if playbook.plan is None:
            raise InvalidConfig("The playbook has no plan", hints=["add the key `plan`"])
        reply = {"objective": playbook.objective, **playbook.plan}
        return (Step(say=json.dumps(reply, ensure_ascii=False, indent=2)),)
    number, purpose = request.attempt, request.purpose
    steps = playbook.attempt(request.role, request.task_id, number, purpose)
    if steps is None:
        raise InvalidConfig(
            f"The playbook has no steps for the {request.role} of the task {request.task_id!r}",
            why=f"its tasks are {', '.join(playbook.tasks) or '(none)'}",
        )
    return with_answers(steps)


def _prepare(request: AgentRequest, context: CallContext, steps: Sequence[Step]) -> Launch:
    home = HomeKind(request.options.get("home", HomeKind.PRIVATE))
    environment = make_environment(context.scratch, os.environ, home=home)
    confinement = context.confinement
    job: dict[str, Any] = {
        "key": request.key,
        "folder": request.folder,
        "output": str(context.output),
        "ledger": request.options.get("ledger", ""),
        "limits": str(context.limits_file or ""),
        "seconds": request.limits.wall_seconds + _ORPHAN_SECONDS,
        "write": request.permissions.write,
        "commands": request.permissions.commands,
        "has_image": confinement is not None and confinement.tool is SandboxTool.CONTAINER,
        "prefix": confining_prefix(confinement, environment.variables),
        "steps": [plain(step) for step in steps],
    }
    program = [sys.executable, "-P", "-m", player.__name__]
    launch = Launch(
        argv=program,
        folder=Path(request.folder),
        environment=environment.variables,
        talks=False,
        watched=context.output,
        confines_itself=True,
    )
    if can_fork():
        return replace(launch, body=partial(player.follow, job))
    path = context.scratch / "job.json"
    replace_file(path, json.dumps(job).encode(), mode=0o600)
    return replace(launch, argv=[*program, str(path)])


async def _wait(child: Child) -> LimitHit | None:
    """Wait until the player exits or exceeds a limit."""
    hit: LimitHit | None = None

    async def watch(scope: anyio.CancelScope) -> None:
        nonlocal hit
        hit = await child.wait_limit()
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(watch, group.cancel_scope)
        await child.process.wait()
        group.cancel_scope.cancel()
    return hit


def _missing_reply(child: Child, hit: LimitHit | None) -> AgentReply:
    if hit is not None:
        outcome = Outcome.FAILED if hit.kind == "output" else Outcome.TIMED_OUT
        return AgentReply(outcome=outcome, detail=hit.detail)
    words = child.last_words()
    return AgentReply(
        outcome=Outcome.FAILED,
        detail="the player exited without a final reply" + (f": {words}" if words else ""),
    )


def _last_reply(output: Path) -> AgentReply | None:
    """Return the reply in the last line of the output, or None."""
    try:
        with open(open_file(output, os.O_RDONLY), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        try:
            event = _EVENT.validate_json(line)
        except ValidationError:
            continue
        return event.reply if isinstance(event, Final) else None
    return None
