"""Follows a run: live bars in a terminal, lines elsewhere. Detaching does not affect the run."""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

import anyio
import click

from podium.agents.local_dispatcher import LocalDispatcher
from podium.app.runner_start import last_log_line
from podium.errors import ToolError
from podium.model.agents import Note, TextChunk, ThoughtChunk, ToolUse
from podium.model.events import EventKind
from podium.model.states import Phase, RunState
from podium.operations.engine import Engine
from podium.operations.run.cancel import cancel
from podium.operations.run.status import RunStatus, StatusParams, status
from podium.store import Change, Cursor
from podium_cli.context import NO, Shell

TICK_SECONDS = 0.2
SECOND_CHANCE_SECONDS = 3.0
REVIVE_TICKS = 10
"""Restart the runner after this many ticks without one; the run's state is in the store."""

MAX_REVIVALS = 5

PLAIN = click.Option(["plain", "--plain"], is_flag=True, help="lines instead of live bars")

_SHOWN = {EventKind.PHASE_CHANGED, EventKind.RUN_CHANGED, EventKind.FINDING_ADDED}


class OutputMode(StrEnum):
    """How to show a run while following it."""

    LIVE = "live"
    PLAIN = "plain"
    SILENT = "silent"


class View(Protocol):
    """A display of a run."""

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
    """Follow a run for a command; the exit code says whether the run completed.

    Args:
        cursor: where in the journal to begin.
    """
    status = await follow(shell.engine, run_id, cursor, _output_mode(shell))
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


async def follow(engine: Engine, run_id: str, cursor: Cursor, mode: OutputMode) -> RunStatus:
    """Follow a run until it ends, pauses, or the user detaches; return its status.

    Args:
        cursor: where in the journal to begin.
    """
    with _view(mode) as view:
        follower = _Follower(engine, run_id, view)
        async with anyio.create_task_group() as group:
            group.start_soon(follower.listen, cursor)
            group.start_soon(follower.tick)
            group.start_soon(follower.handle_interrupts)
            await follower.over.wait()
            group.cancel_scope.cancel()
        return await follower.show()


class _Follower:
    """Follows one run for one terminal."""

    def __init__(self, engine: Engine, run_id: str, view: View) -> None:
        self._engine, self._run_id, self._view = engine, run_id, view
        self._missing = 0
        self._revivals = 0
        self.over = anyio.Event()

    async def show(self) -> RunStatus:
        """Draw the current status and return it."""
        now = await status.run(self._engine, StatusParams(run=self._run_id))
        self._view.update(now, self._activity(now))
        return now

    async def listen(self, cursor: Cursor) -> None:
        """Pass on changes as they are committed."""
        async for change in self._engine.store.changes(cursor):
            if any(self._is_ours(event.subject, event.kind) for event in change.events):
                self._view.on_change(change)

    async def tick(self) -> None:
        """Redraw at intervals, and restart the runner if it is missing."""
        while True:
            now = await self.show()
            if now.ended or now.state is RunState.PAUSED:
                self.over.set()
                return
            self._missing = 0 if now.runner_alive else self._missing + 1
            if self._missing >= REVIVE_TICKS:
                self._revive()
            await anyio.sleep(TICK_SECONDS)

    def _revive(self) -> None:
        """Restart the runner, unless it keeps exiting.

        Raises:
            ToolError: it exited too often; the last line of its log says why.
        """
        self._missing = 0
        self._revivals += 1
        if self._revivals > MAX_REVIVALS:
            raise ToolError(
                "The runner keeps exiting",
                why=last_log_line(self._engine.home),
                hints=["podium doctor", "podium status shows where the run stands"],
            )
        self._engine.start_runner()

    async def handle_interrupts(self) -> None:
        """Detach on the first Ctrl-C; cancel the run if a second one follows soon."""
        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            await anext(aiter(signals))
            self._view.print_line(
                "Detached: the run continues. `podium status --follow` follows it again. "
                f"Ctrl-C again within {SECOND_CHANCE_SECONDS:.0f} s cancels it."
            )
            with anyio.move_on_after(SECOND_CHANCE_SECONDS):
                await anext(aiter(signals))
                await cancel.run(self._engine, cancel.params(run=self._run_id))
                self._view.print_line("Cancelling the run.")
                return
            self.over.set()

    def _is_ours(self, subject: str, kind: str) -> bool:
        return kind in _SHOWN and (subject.startswith(self._run_id) or subject.startswith("f-"))

    def _activity(self, now: RunStatus) -> dict[str, str]:
        dispatcher = self._engine.dispatcher
        if not isinstance(dispatcher, LocalDispatcher):
            return {}
        rows = [task for task in now.tasks if task.phase is Phase.EXECUTING]
        return {task.id: last_activity(dispatcher, task.call_key) for task in rows}


def last_activity(dispatcher: LocalDispatcher, key: str) -> str:
    """Return an agent's latest activity in one line."""
    last = ""
    for event in dispatcher.folder(key).recent_events():
        match event:
            case ToolUse(title=title):
                last = title
            case TextChunk(text=text) | ThoughtChunk(text=text) | Note(text=text):
                last = " ".join(text.split()) or last
            case _:
                pass
    return last[:200]


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

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Show nothing."""

    def on_change(self, change: Change) -> None:
        """Show nothing."""

    def print_line(self, text: str) -> None:
        """Show nothing."""
