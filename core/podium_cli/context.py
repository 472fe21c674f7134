"""The context of a command: its parsed arguments, the engine, and how to show a result."""

import gc
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import anyio

from podium.app import open_engine, open_place
from podium.app.actors import actor_of
from podium.model.base import Frozen
from podium.operations.engine import Engine, Place
from podium.operations.operation import Operation
from podium.operations.table import load_operation
from podium_cli.parameters import build_params

NO = 1
"""The exit code when the answer is no."""


@dataclass(frozen=True)
class Invocation:
    """One parsed command line.

    Args:
        name: the command.
        answers: click's values by parameter name, those of the command's own options included.
    """

    name: str
    operation: Operation[Any, Any]
    answers: dict[str, Any]

    @property
    def as_json(self) -> bool:
        """Whether the result is for a machine."""
        return bool(self.answers.get("as_json"))

    @property
    def folder(self) -> Path:
        """The project's folder: `--project`, or the working directory."""
        return Path(self.answers.get("project") or ".")


class Shell:
    """Runs operations for one command and shows their results; opens the project on first use.

    Args:
        invocation: the command line.
    """

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation

    @cached_property
    def engine(self) -> Engine:
        """The open project."""
        return open_engine(self.invocation.folder, actor_of("cli"))

    @cached_property
    def place(self) -> Place:
        """The folder, for operations that also work outside a project."""
        return open_place(self.invocation.folder, actor_of("cli"))

    @property
    def is_interactive(self) -> bool:
        """Whether a question can be asked on the terminal."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.invocation.as_json

    def flag(self, name: str) -> Any:
        """Return the value of one of the command's own options."""
        return self.invocation.answers.get(name)

    def params(self, **more: Any) -> Any:
        """Return the parameters of the command's operation."""
        return build_params(self.invocation.operation.params, {**self.invocation.answers, **more})

    async def run(self, params: Frozen) -> Any:
        """Run the command's operation."""
        return await self._run(self.invocation.operation, params)

    async def call(self, operation_id: str, **params: Any) -> Any:
        """Run another operation."""
        operation = load_operation(operation_id)
        return await self._run(operation, operation.params(**params))

    async def _run(self, operation: Operation[Any, Any], params: Frozen) -> Any:
        return await operation.run(self.place if operation.needs is Place else self.engine, params)

    def show(self, result: Frozen, *, of: str = "") -> None:
        """Print a result: as JSON for a machine, otherwise drawn for a terminal.

        Args:
            of: the operation that returned it, unless it is the command's own.
        """
        if self.invocation.as_json:
            print(result.model_dump_json(indent=2))
            return
        from podium_cli.render import render

        render(of or self.invocation.operation.id, result)

    def close(self) -> None:
        """Close the project, if it was opened."""
        if "engine" in self.__dict__:
            self.engine.store.close()


Run = Callable[[Shell], Awaitable[int]]
"""Runs a command and returns its exit code."""


async def run_once(shell: Shell) -> int:
    """Run the command's operation and show the result."""
    shell.show(await shell.run(shell.params()))
    return 0


def invoke(invocation: Invocation, run: Run) -> int:
    """Run a parsed command line and return its exit code."""
    # Off while the process starts, see `main`; a command may follow a run for hours.
    gc.enable()
    return anyio.run(_invoke, invocation, run)


async def _invoke(invocation: Invocation, run: Run) -> int:
    shell = Shell(invocation)
    try:
        return await run(shell)
    finally:
        shell.close()
