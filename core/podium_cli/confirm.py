"""Asks the person at the terminal before an operation that needs consent."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from podium.errors import ValidationError
from podium.operations.confirmation import Answer, Asking, Confirmation
from podium.operations.effect import Effect

YES = click.Option(["yes", "--yes", "-y"], is_flag=True, help="do not ask")


@dataclass(frozen=True)
class TerminalConfirmer:
    """Asks on the terminal.

    Args:
        operation: the operation of the command that the person typed.
        yes: whether the person agreed on the command line.
        is_interactive: whether a person can be asked.
        silent: whether to print nothing, because the output is for a machine.
    """

    operation: str
    yes: bool
    is_interactive: bool
    silent: bool

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Show the preview and return the person's answer."""
        named = confirmation.operation == self.operation
        if named and confirmation.asking is Asking.UNLESS_NAMED:
            return Answer.YES
        asks = self.is_interactive and not self.yes
        if not self.silent and (asks or confirmation.effect is Effect.DESTRUCTIVE):
            # With `--yes`, still print the irreversible changes, for logs.
            self._show(confirmation)
        if asks:
            with interruptible():
                agreed = click.confirm(confirmation.brief, default=False)
            return Answer.YES if agreed else Answer.NO
        return Answer.YES if self.yes else Answer.UNDECIDED

    def _show(self, confirmation: Confirmation) -> None:
        from podium_cli.render.confirmation import draw_confirmation

        draw_confirmation(confirmation)


@contextmanager
def interruptible() -> Generator[None]:
    """Let Ctrl-C end a question immediately.

    The event loop's own handler only cancels the main task, which takes effect after the answer.
    """
    of_loop = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise KeyboardInterrupt  # Ctrl-C came while the preview was shown
        yield
    finally:
        signal.signal(signal.SIGINT, of_loop)


@dataclass(frozen=True)
class Agreed:
    """Answers yes on behalf of a person who has already decided in another way."""

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Return yes."""
        del confirmation
        return Answer.YES


def no_terminal(command: str) -> ValidationError:
    """Return the error for a command that must ask but has no terminal."""
    return ValidationError(
        f"podium {command} needs a confirmation but cannot ask for it",
        why="there is no terminal, or --json is given",
        hints=[f"podium {command} --yes confirms without asking"],
    )
