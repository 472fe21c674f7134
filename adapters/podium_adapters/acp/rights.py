"""Decides on an agent's actions: by the rights of its role, and then by asking a person.

A person is asked only about what the role allows; the one exception is the network, which no role
allows by itself.
"""

import difflib
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from podium.errors import PathOutsideWorkspace
from podium.model.agents import AgentRequest, AskKind
from podium.model.paths import path_parts
from podium.ports.agent import CallContext, PersonAsked
from podium_adapters.acp.policy import Action, ActionKind, Decision, decide, kind_of
from podium_adapters.working_folder import readable_path

LONGEST_CONTENT = 100_000
"""A longer command or diff cannot be judged by a person, so it is refused."""
_HARMLESS = frozenset({"command", "description", "timeout"})
"""Of the input of a command, what a person need not see beside it."""
_PLACES = frozenset({"cwd", "workdir"})
_REMOVING = frozenset({"delete", "move"})


@dataclass(frozen=True)
class Rights:
    """What an agent may do in one call.

    Args:
        request: the request, with the permissions of the role and the actions to ask about.
        person: asks a person; None if no person can be asked.
        redact: removes secrets from what the person sees.
    """

    request: AgentRequest
    person: PersonAsked | None = None
    redact: Callable[[str], str] = str

    @classmethod
    def of(
        cls, request: AgentRequest, context: CallContext, redact: Callable[[str], str]
    ) -> "Rights":
        """Return the rights of a call."""
        return cls(request, context.person, redact)

    @property
    def folder(self) -> Path:
        """The working folder."""
        return Path(self.request.folder)

    def decide(self, action: Action) -> Decision | AskKind:
        """Return the decision, or the kind of action about which a person has to be asked."""
        request = self.request
        decision = decide(action, request.permissions, self.folder)
        if action.kind == "fetch" and AskKind.NETWORK in request.ask:
            if request.permissions.commands:
                return AskKind.NETWORK
            return Decision(allowed=False, reason="this role may not use the network")
        if not decision.allowed:
            return decision
        return self._kind_to_ask(action) or decision

    async def settle(self, action: Action) -> Decision:
        """Return the decision, after asking a person if that is necessary."""
        found = self.decide(action)
        return found if isinstance(found, Decision) else await self.ask(found, action)

    async def ask(self, kind: AskKind, action: Action) -> Decision:
        """Return a person's decision."""
        content = self.redact(action.content or action.title)
        if self.person is None:
            reason = "a person has to allow it, but none can be asked here"
            return Decision(allowed=False, reason=reason)
        if len(content) > LONGEST_CONTENT:
            reason = "a person has to allow it, but it is too long to be shown"
            return Decision(allowed=False, reason=reason)
        answer = await self.person.ask(kind, content)
        return Decision(allowed=answer.allowed, reason=answer.reason)

    def _kind_to_ask(self, action: Action) -> AskKind | None:
        asked = self.request.ask
        match kind_of(action):
            case ActionKind.COMMAND:
                return AskKind.COMMAND if AskKind.COMMAND in asked else None
            case ActionKind.CHANGE:
                return next((each for each in self._kinds_of_change(action) if each in asked), None)
            case ActionKind.READ | ActionKind.OTHER:
                return None

    def _kinds_of_change(self, action: Action) -> tuple[AskKind, ...]:
        """Return the kinds of a change, the most specific first."""
        removes = (AskKind.DELETE,) if action.kind in _REMOVING else ()
        is_declared = all(map(self._is_declared, action.paths))
        undeclared = () if is_declared else (AskKind.EDIT_UNDECLARED,)
        return (*removes, *undeclared, AskKind.EDIT)

    def _is_declared(self, path: str) -> bool:
        """Return whether the task declares a file, or a folder that contains it."""
        root = self.folder.resolve()
        try:
            parts = readable_path(root, path).relative_to(root).parts
        except (PathOutsideWorkspace, ValueError):
            return False
        declared = (tuple(path_parts(each)) for each in self.request.files)
        return any(parts[: len(each)] == each for each in declared if each)


def exact_input(given: Mapping[str, object], folder: Path) -> str:
    """Return what a tool is given: its command and its other input, or everything as JSON.

    Args:
        given: the input.
        folder: where commands run unless the input names another place.
    """
    usual = (".", str(folder))
    others = {
        name: value
        for name, value in given.items()
        if name not in _HARMLESS and not (name in _PLACES and value in usual)
    }
    command: object = given.get("command")
    if isinstance(command, list) and command:
        command = shlex.join(map(str, cast("list[object]", command)))
    if not isinstance(command, str) or not command.strip():
        return _as_json(given)
    return f"{command}\n{_as_json(others)}" if others else command


def _as_json(given: Mapping[str, object]) -> str:
    return json.dumps(given, indent=2, ensure_ascii=False, default=str) if given else ""


def diff_of(path: str, old: str, new: str) -> str:
    """Return a change of a file as a diff."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
