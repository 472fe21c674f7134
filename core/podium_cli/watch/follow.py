"""Follows a run: live progress bars in a terminal, lines elsewhere. Detaching does not affect the
run."""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

import anyio
import click

from podium.app import Change, Connection, Cursor, Delivery
from podium.app.places import lack_of_room_for
from podium.app.runner_start import last_log_line
from podium.errors import MachineRefuses, ToolError, first_error
from podium.model.events import EventKind
from podium.model.questions import QuestionKind
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from podium_cli.confirm import Agreed
from podium_cli.context import NO, Shell

TICK_SECONDS = 0.2
SECOND_CHANCE_SECONDS = 3.0
REVIVE_TICKS = 10
"""Number of ticks without a runner before it is restarted; the run's state is in the store."""

MAX_REVIVALS = 5

PLAIN = click.Option(
    ["plain", "--plain"], is_flag=True, help="print lines instead of progress bars"
)

_SHOWN = {
    EventKind.PHASE_CHANGED,
    EventKind.RUN_CHANGED,
    EventKind.FINDING_ADDED,
    EventKind.RUN_BUDGET,
    EventKind.QUESTION_ASKED,
}


class OutputMode(StrEnum):
    """How to show a run while following it."""

    LIVE = "live"
    PLAIN = "plain"
    SILENT = "silent"


class View(Protocol):
    """A display of a run.

    Args:
        shows_activity: whether `update` draws the activity of the agents.
    """

    shows_activity: bool

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Show the run's current status."""
        ...

    def on_change(self, change: Change) -> None:
        """Show a change."""
        ...

    def print_line(self, text: str) -> None:
        """Show a line of text."""
        ...


async def follow_run(shell: Shell, run_id: str, cursor: Cursor) -> int:
    """Follow a run for a command; the exit code shows whether the run completed.

    Args:
        cursor: the position in the journal from which to start.
    """
    status = await follow(shell.connection, run_id, cursor, _output_mode(shell))
    if shell.invocation.as_json:
        shell.show(status, of="run.status")
    elif status.ended:
        from podium_cli.render.runs import run_end

        run_end(status)
    return 0 if not status.ended or status.state is RunState.COMPLETED else NO


def _output_mode(shell: Shell) -> OutputMode:
    if shell.invocation.as_json:
        return OutputMode.SILENT
    is_live = shell.is_interactive and not shell.flag("plain")
    return OutputMode.LIVE if is_live else OutputMode.PLAIN


async def follow(
    connection: Connection, run_id: str, cursor: Cursor, mode: OutputMode
) -> RunStatus:
    """Follow a run until it ends or pauses, or the user detaches; return its status.

    Args:
        cursor: the position in the journal from which to start.

    Raises:
        ToolError: the runner keeps exiting.
        PodiumError: the project cannot be read.
    """
    with _view(mode) as view:
        follower = _Follower(connection, run_id, cursor, view)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(follower.listen)
                group.start_soon(follower.tick)
                group.start_soon(follower.handle_interrupts)
                await follower.over.wait()
                group.cancel_scope.cancel()
        except ExceptionGroup as errors:
            raise first_error(errors) from None
        return await follower.show()


class _Follower:
    """Follows one run for one terminal.

    Args:
        connection: the connection to the project.
        run_id: the run.
        cursor: the position in the journal from which to start.
        view: draws the run.
    """

    def __init__(self, connection: Connection, run_id: str, cursor: Cursor, view: View) -> None:
        self._connection, self._run_id, self._view = connection, run_id, view
        self._read = cursor.sequence
        self._last: int | None = None
        """The last change to show; None until the run has ended."""
        self._missing = 0
        self._revivals = 0
        self.over = anyio.Event()

    async def show(self) -> RunStatus:
        """Draw the current status and return it."""
        now: RunStatus = await self._connection.ask("run.status", run=self._run_id)
        self._view.update(now, await self._activity() if self._view.shows_activity else {})
        return now

    async def listen(self) -> None:
        """Show changes as they are committed."""
        async for delivery in self._connection.follow(Cursor(self._read)):
            self._show_change(delivery)
            self._read = delivery.change.sequence
            self._stop_when_complete()

    async def tick(self) -> None:
        """Redraw at intervals, and restart the runner if it is missing."""
        while True:
            now = await self.show()
            if now.ended or now.state is RunState.PAUSED:
                # The status can be newer than what `listen` has read.
                self._last = self._connection.cursor().sequence
                self._stop_when_complete()
                return
            self._check_machine(now)
            self._missing = 0 if now.runner_alive else self._missing + 1
            if self._missing >= REVIVE_TICKS:
                self._revive()
            await anyio.sleep(TICK_SECONDS)

    def _check_machine(self, now: RunStatus) -> None:
        """Stop following if the machine is out of a resource; the runner waits until it recovers.

        Raises:
            MachineRefuses: a disk is full or read-only, or the runner reports that it is waiting.
        """
        asked = [each for each in now.questions if each.kind == QuestionKind.MACHINE]
        found = lack_of_room_for(self._connection.engine.home)
        if asked or found:
            raise MachineRefuses(
                asked[0].text if asked else f"The run is waiting because {found}",
                why="the run continues when the problem is solved, without losing an attempt",
                hints=["podium status --follow", "podium questions", "podium doctor"],
            )

    def _stop_when_complete(self) -> None:
        if self._last is not None and self._read >= self._last:
            self.over.set()

    def _show_change(self, delivery: Delivery) -> None:
        if delivery.fell_behind:
            self._view.print_line("Earlier changes are no longer in the journal.")
        if any(self._is_relevant(event.subject, event.kind) for event in delivery.change.events):
            self._view.on_change(delivery.change)

    def _revive(self) -> None:
        """Restart the runner, unless it keeps exiting.

        Raises:
            ToolError: it exited too often; the error contains the last line of its log.
        """
        self._missing = 0
        self._revivals += 1
        if self._revivals > MAX_REVIVALS:
            raise ToolError(
                "The runner keeps exiting",
                why=last_log_line(self._connection.engine.home),
                hints=["podium doctor", "podium status shows the state of the run"],
            )
        self._connection.engine.start_runner()

    async def handle_interrupts(self) -> None:
        """Detach on the first Ctrl-C; cancel the run if a second one follows soon."""
        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            await anext(aiter(signals))
            self._view.print_line(
                "Detached: the run continues. `podium status --follow` reattaches. "
                f"Ctrl-C again within {SECOND_CHANCE_SECONDS:.0f} s cancels it."
            )
            with anyio.move_on_after(SECOND_CHANCE_SECONDS):
                await anext(aiter(signals))
                await self._connection.invoke("run.cancel", {"run": self._run_id}, Agreed())
                self._view.print_line("Cancelling the run.")
                return
            self.over.set()

    def _is_relevant(self, subject: str, kind: str) -> bool:
        return kind in _SHOWN and (subject.startswith(self._run_id) or subject.startswith("f-"))

    async def _activity(self) -> dict[str, str]:
        found = await self._connection.ask("run.activity", run=self._run_id)
        return {each.task_id: each.last for each in found.tasks if each.calling}


@contextmanager
def _view(mode: OutputMode) -> Generator[View]:
    match mode:
        case OutputMode.LIVE:
            from podium_cli.watch.live import live_view

            with live_view() as view:
                yield view
        case OutputMode.PLAIN:
            from podium_cli.watch.plain import PlainView

            yield PlainView(sys.stdout)
        case OutputMode.SILENT:
            yield SilentView()


class SilentView:
    """Shows nothing; for `--json`."""

    shows_activity = False

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Show nothing."""

    def on_change(self, change: Change) -> None:
        """Show nothing."""

    def print_line(self, text: str) -> None:
        """Show nothing."""
