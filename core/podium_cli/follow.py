"""Follows a run: live bars in a terminal, lines elsewhere; the run goes on without it."""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

import anyio

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

TICK_SECONDS = 0.2
SECOND_CHANCE_SECONDS = 3.0
REVIVE_TICKS = 10
"""After so many ticks without a runner, one is started again: the run is in the store."""

MAX_REVIVALS = 5

_TOLD = {EventKind.PHASE_CHANGED, EventKind.RUN_CHANGED, EventKind.FINDING_ADDED}


class View(Protocol):
    """How a run is shown."""

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Show where the run stands now."""
        ...

    def tell(self, change: Change) -> None:
        """Show something that happened."""
        ...

    def say(self, text: str) -> None:
        """Show a line to the person."""
        ...


async def follow(engine: Engine, run_id: str, cursor: Cursor, manner: str) -> RunStatus:
    """Follow a run until it ends, pauses, or the person detaches; return where it stands then.

    Args:
        cursor: where in the journal to begin.
        manner: `live`, `plain` or `silent`.
    """
    with _view(manner) as view:
        follower = _Follower(engine, run_id, view)
        async with anyio.create_task_group() as group:
            group.start_soon(follower.listen, cursor)
            group.start_soon(follower.tick)
            group.start_soon(follower.obey)
            await follower.over.wait()
            group.cancel_scope.cancel()
        return await follower.show()


class _Follower:
    """Watches one run on behalf of one terminal."""

    def __init__(self, engine: Engine, run_id: str, view: View) -> None:
        self._engine, self._run_id, self._view = engine, run_id, view
        self._missing = 0
        self._revivals = 0
        self.over = anyio.Event()

    async def show(self) -> RunStatus:
        """Draw the present state and return it."""
        now = await status.run(self._engine, StatusParams(run=self._run_id))
        self._view.update(now, self._activity(now))
        return now

    async def listen(self, cursor: Cursor) -> None:
        """Tell what happens, as it happens."""
        async for change in self._engine.store.changes(cursor):
            if any(self._is_ours(event.subject, event.kind) for event in change.events):
                self._view.tell(change)

    async def tick(self) -> None:
        """Draw regularly, and see that somebody drives the run."""
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
        """Start a runner again, unless it keeps on dying.

        Raises:
            ToolError: it died too often; the log's last line says why.
        """
        self._missing = 0
        self._revivals += 1
        if self._revivals > MAX_REVIVALS:
            raise ToolError(
                "The runner cannot be kept at work",
                why=last_log_line(self._engine.home),
                hints=["podium doctor", "podium status shows where the run stands"],
            )
        self._engine.start_runner()

    async def obey(self) -> None:
        """Detach on the first interrupt; cancel the run on a second one soon after."""
        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            await anext(aiter(signals))
            self._view.say(
                "Detached: the run goes on. `podium status --follow` comes back to it. "
                f"Ctrl-C again within {SECOND_CHANCE_SECONDS:.0f} s cancels it."
            )
            with anyio.move_on_after(SECOND_CHANCE_SECONDS):
                await anext(aiter(signals))
                await cancel.run(self._engine, cancel.params(run=self._run_id))
                self._view.say("Cancelling the run.")
                return
            self.over.set()

    def _is_ours(self, subject: str, kind: str) -> bool:
        return kind in _TOLD and (subject.startswith(self._run_id) or subject.startswith("f-"))

    def _activity(self, now: RunStatus) -> dict[str, str]:
        dispatcher = self._engine.dispatcher
        if not isinstance(dispatcher, LocalDispatcher):
            return {}
        rows = [task for task in now.tasks if task.phase is Phase.EXECUTING]
        return {task.id: last_activity(dispatcher, task.call_key) for task in rows}


def last_activity(dispatcher: LocalDispatcher, key: str) -> str:
    """Return what an agent did last, one line."""
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
def _view(manner: str) -> Generator[View]:
    match manner:
        case "live":
            from podium_cli.render.live import live_view

            with live_view() as view:
                yield view
        case "plain":
            from podium_cli.render.plain import PlainView

            yield PlainView(sys.stdout)
        case _:
            yield SilentView()


class SilentView:
    """Shows nothing, for machines."""

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Show nothing."""

    def tell(self, change: Change) -> None:
        """Show nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""
