"""Asks the engine one thing and shows the answer: parse, call, render."""

import getpass
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import anyio

from podium.app import open_engine, open_place
from podium.model.base import Frozen
from podium.model.events import Actor
from podium.operations.engine import Engine, Place
from podium.operations.operation import Operation
from podium.operations.table import load_operation
from podium_cli.parameters import build_params
from podium_cli.verbs import Verb

AGENT_MARKS = (
    "PODIUM_CALL",
    # Set for every command and agent that Podium itself starts: gates run what an agent wrote.
    "PODIUM_PROCESS_MARK",
    "CLAUDECODE",
    "GEMINI_CLI",
    "CODEX_SANDBOX",
    "OPENCODE",
    "COPILOT_CLI",
)
"""Variables that agents set for the commands they run: what comes from there is not a person's."""


@dataclass(frozen=True)
class Asked:
    """One command line, understood.

    Args:
        answers: click's values by parameter name, the verb's own extras included.
    """

    name: str
    verb: Verb
    operation: Operation[Any, Any]
    answers: dict[str, Any]

    @property
    def as_json(self) -> bool:
        """Tell whether the answer is for a machine."""
        return bool(self.answers.get("as_json"))

    @property
    def folder(self) -> Path:
        """Return the folder that the person named or stands in."""
        return Path(self.answers.get("project") or ".")

    def flag(self, name: str) -> Any:
        """Return the value of an option that belongs to the verb, not to the operation."""
        return self.answers.get(name)

    def params(self, **more: Any) -> Any:
        """Return the operation's parameters."""
        return build_params(self.operation.params, {**self.answers, **more})


class Shell:
    """What a flow works with: the engine, opened when it is needed, and the way to answer.

    Args:
        asked: the command line.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    @cached_property
    def engine(self) -> Engine:
        """Return the open project."""
        return open_engine(self.asked.folder, actor(os.environ))

    @cached_property
    def place(self) -> Place:
        """Return the folder, for operations that work outside of a project."""
        return open_place(self.asked.folder, actor(os.environ))

    @property
    def is_interactive(self) -> bool:
        """Tell whether a person can be asked something now."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.asked.as_json

    async def call(self, operation_id: str, **params: Any) -> Any:
        """Ask another operation."""
        operation = load_operation(operation_id)
        return await self.run(operation, operation.params(**params))

    async def run(self, operation: Operation[Any, Any], params: Frozen) -> Any:
        """Ask an operation with parameters that are built already."""
        return await operation.run(self.place if operation.needs is Place else self.engine, params)

    def show(self, operation_id: str, result: Frozen) -> None:
        """Print a result: JSON for a machine, else as this face draws it."""
        if self.asked.as_json:
            print(result.model_dump_json(indent=2))
            return
        from podium_cli.render import render

        render(operation_id, result)

    def close(self) -> None:
        """Close what was opened."""
        if "engine" in self.__dict__:
            self.engine.store.close()


def ask(asked: Asked) -> int:
    """Carry one command line out and return the exit code."""
    return anyio.run(_ask, asked)


async def _ask(asked: Asked) -> int:
    from podium_cli.flows import FLOWS

    shell = Shell(asked)
    try:
        if (flow := FLOWS.get(asked.name)) is not None:
            return await flow(shell)
        shell.show(asked.operation.id, await shell.run(asked.operation, asked.params()))
        return 0
    finally:
        shell.close()


def actor(environment: Mapping[str, str]) -> Actor:
    """Return who sits at the keyboard: a person, unless an agent's mark says otherwise."""
    mark = next((name for name in AGENT_MARKS if environment.get(name)), None)
    return Actor(
        kind="agent" if mark else "person",
        name=mark or _user_name(),
        face="cli",
        pid=os.getpid(),
    )


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
