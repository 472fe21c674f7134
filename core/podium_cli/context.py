"""The context of a command: its parsed arguments, the project, and the display of results."""

import gc
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import anyio
import click

from podium.app import Connection, connect
from podium.app.connection import Given, built
from podium.errors import PodiumError
from podium.model.base import Frozen
from podium.operations.operation import Operation
from podium.operations.perform import Performed, Undecided
from podium_cli.confirm import TerminalConfirmer, no_terminal
from podium_cli.parameters import given_values
from podium_cli.verb import Verb

NO = 1
"""The exit code for a negative answer."""

PREVIEW_FLAG = "only_preview"
PREVIEW = click.Option(
    [PREVIEW_FLAG, "--preview"], is_flag=True, help="only show the changes that would be made"
)


@dataclass(frozen=True)
class Invocation:
    """One parsed command line.

    Args:
        name: the command.
        operation: the operation that it runs.
        answers: click's values by parameter name, including the command's own options.
        verb: how its arguments are parsed.
        words: the words after the command, as typed.
    """

    name: str
    operation: Operation[Any, Any]
    answers: dict[str, Any]
    verb: Verb
    words: tuple[str, ...] = ()

    @property
    def as_json(self) -> bool:
        """Whether the result is for a machine."""
        return bool(self.answers.get("as_json"))

    @property
    def folder(self) -> Path:
        """The project's folder: `--project`, or the working directory."""
        return Path(self.answers.get("project") or ".")


class Shell:
    """Calls operations for one command and shows their results.

    Args:
        invocation: the command line.
    """

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.completed = ""
        """The command line with the answers of the person, if there were any."""

    @cached_property
    def connection(self) -> Connection:
        """The connection to the project; opened on first use."""
        return connect(self.invocation.folder, "cli")

    @property
    def is_interactive(self) -> bool:
        """Whether a question can be asked at the terminal."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.invocation.as_json

    async def ask_for_missing(self, *offered: str) -> None:
        """Ask the person for the values that the command line lacks.

        Args:
            offered: optional parameters to ask for as well, if their values do not follow from the
                project.

        Raises:
            ValidationError: the person cannot be asked; the hints are complete command lines.
        """
        from podium_cli.missing import CommandLine, ask_for_missing, missing_values

        typed = self.invocation
        given = given_values(typed.operation.params, typed.answers)
        line = CommandLine(typed.name, typed.operation, typed.verb, typed.words, given, offered)
        if not self.is_interactive:
            raise await missing_values(self.connection, line)
        line = await ask_for_missing(self.connection, line)
        added = {name: value for name, value in line.given.items() if name not in given}
        self.invocation = replace(typed, answers={**typed.answers, **added})
        self.completed = line.text if added else ""

    def flag(self, name: str) -> Any:
        """Return the value of one of the command's own options."""
        return self.invocation.answers.get(name)

    def params(self, **more: Any) -> Any:
        """Return the parameters of the command's operation.

        Raises:
            ValidationError: a value is invalid.
        """
        operation = self.invocation.operation
        answers = {**self.invocation.answers, **more}
        return built(operation, given_values(operation.params, answers))

    async def run(self, params: Given) -> Any:
        """Run the command's operation with the consent that it needs, and return its result.

        Raises:
            click.exceptions.Exit: the person declined.
            ValidationError: a question must be asked, but there is no terminal.
        """
        return await self.call(self.invocation.operation.id, params)

    async def call(self, operation_id: str, params: Given) -> Any:
        """Run an operation; see `run`."""
        outcome = await self.connection.invoke(operation_id, params, self._confirmer())
        if isinstance(outcome, Performed):
            return outcome.result
        if isinstance(outcome, Undecided):
            raise no_terminal(self.invocation.name)
        raise click.exceptions.Exit(NO)

    async def preview(self, operation_id: str, params: Given) -> Any:
        """Return the preview of an operation, without changing anything."""
        question = await self.connection.question(operation_id, params)
        if question is None:
            return await self.call(operation_id, params)
        assert question.preview is not None, f"{operation_id} offers a preview"
        return question.preview.result

    def show(self, result: Frozen, *, of: str = "") -> None:
        """Print a result: as JSON for a machine, otherwise drawn for a terminal.

        Args:
            of: the operation that returned it; by default the command's own.
        """
        if self.invocation.as_json:
            print(result.model_dump_json(indent=2))
            return
        from podium_cli.render import render

        render(of or self.invocation.operation.id, result)

    def close(self) -> None:
        """Close the project, if it was opened."""
        if "connection" in self.__dict__:
            self.connection.close()

    def _confirmer(self) -> TerminalConfirmer:
        return TerminalConfirmer(
            operation=self.invocation.operation.id,
            yes=bool(self.flag("yes")),
            is_interactive=self.is_interactive,
            silent=self.invocation.as_json,
        )


Run = Callable[[Shell], Awaitable[int]]
"""Runs a command and returns its exit code."""


async def run_once(shell: Shell) -> int:
    """Run the command's operation, or only preview it with `--preview`, and show the result."""
    params = shell.params()
    if shell.flag(PREVIEW_FLAG):
        shell.show(await shell.preview(shell.invocation.operation.id, params))
    else:
        shell.show(await shell.run(params))
    return 0


async def run_text(shell: Shell) -> int:
    """Run the command's operation; print its text, or show where it was written."""
    exported = await shell.run(shell.params())
    if shell.invocation.as_json or exported.path:
        shell.show(exported)
    else:
        print(exported.text, end="" if exported.text.endswith("\n") else "\n")
    return 0


def invoke(invocation: Invocation, run: Run) -> int:
    """Run a parsed command line and return its exit code."""
    # `main` disabled garbage collection for the imports; a command may follow a run for hours.
    gc.enable()
    return anyio.run(_invoke, invocation, run)


async def _invoke(invocation: Invocation, run: Run) -> int:
    shell = Shell(invocation)
    try:
        if _is_incomplete(invocation):
            await shell.ask_for_missing()
        return await run(shell)
    except PodiumError as error:
        if shell.completed:
            # The answers are not in the history of the person's terminal.
            error.hints = (*error.hints, shell.completed)
        raise
    finally:
        shell.close()


def _is_incomplete(invocation: Invocation) -> bool:
    """Return whether a required parameter has no value."""
    fields, hidden = invocation.operation.params.model_fields, invocation.verb.hidden_parameters
    return any(
        field.is_required() and name not in hidden and invocation.answers.get(name) in (None, ())
        for name, field in fields.items()
    )
