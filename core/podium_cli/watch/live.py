"""Shows a run as live progress bars."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from podium.app import Change
from podium.model.runs import ACTIVE_PHASES
from podium.model.states import Phase
from podium.operations.run.status import RunStatus, TaskStatus
from podium.words import shorten
from podium_cli.render.questions import waiting_line
from podium_cli.render.style import console, duration, is_narrow, sign, state_label, table

_STEPS = {
    Phase.WAITING: 0,
    Phase.PREPARING: 1,
    Phase.WORKING: 3,
    Phase.MERGING: 4,
    Phase.RETRYING: 1,
    Phase.DONE: 5,
}
_ALL_STEPS = 5
_FIRST_STEP = 2
_BAR_STYLE = {Phase.DONE: "green", Phase.FAILED: "red", Phase.BLOCKED: "yellow"}
_FRAMES_PER_SECOND = 8


class LiveView:
    """Draws a run in place.

    Args:
        live: rich's live display.
    """

    shows_activity = True

    def __init__(self, live: Live) -> None:
        self._live = live

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Redraw the bars."""
        self._live.update(draw(status, activity, datetime.now(UTC)))

    def on_change(self, change: Change) -> None:
        """Show nothing, because the bars show it."""

    def print_line(self, text: str) -> None:
        """Write a line above the bars."""
        self._live.console.print(Text(text, style="warn"))


@contextmanager
def live_view() -> Generator[LiveView]:
    """Show a live display during a block; the last state remains on the screen."""
    with Live(console=console(), refresh_per_second=_FRAMES_PER_SECOND) as live:
        yield LiveView(live)


def draw(status: RunStatus, activity: dict[str, str], now: datetime) -> RenderableType:
    """Render a run: a progress bar for the run, and a row for each task."""
    whole = table("", "", "")
    whole.show_header = False
    whole.columns[-1].no_wrap = True
    elapsed = (status.ended_at or now) - (status.started_at or status.created_at)
    whole.add_row(
        state_label(status.state),
        ProgressBar(total=max(1, len(status.tasks)), completed=status.done, width=40),
        Text(f"{status.done}/{len(status.tasks)} done  {duration(elapsed)}", style="quiet"),
    )
    rows = [_row(task, activity.get(task.id, ""), now) for task in status.tasks]
    grid = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        grid.add_row(*(cell for cell in row if not (is_narrow() and isinstance(cell, ProgressBar))))
    title = Text(shorten(status.objective, 100), style="head")
    waits = [waiting_line(each) for each in status.questions]
    return Group(title, whole, Text(), grid, *([Text(), *waits] if waits else []))


def _row(task: TaskStatus, doing: str, now: datetime) -> tuple[RenderableType, ...]:
    bar = ProgressBar(
        total=_ALL_STEPS,
        completed=_completed(task),
        width=12,
        style="bright_black",
        complete_style=_BAR_STYLE.get(task.phase, "blue"),
        finished_style=_BAR_STYLE.get(task.phase, "green"),
    )
    tries = f" {task.attempt}/{task.max_attempts}" if task.attempt > 1 else ""
    text = _activity_text(task, doing)
    time = ""
    if task.started_at:
        until = now if task.phase in ACTIVE_PHASES else task.ended_at or now
        time = duration(until - task.started_at)
    return (
        sign(task.phase),
        Text(task.id, style="id"),
        bar,
        Text(f"{task.doing}{tries}"),
        Text(f"{time:>8}", style="quiet"),
        Text.assemble(task.title, (text, "quiet")),
    )


def _completed(task: TaskStatus) -> int:
    """Return how much of the bar to fill: the first step of the tree usually takes longest."""
    return _FIRST_STEP if task.step == "execute" else _STEPS.get(task.phase, _ALL_STEPS)


def _activity_text(task: TaskStatus, doing: str) -> str:
    latest = doing or (task.problem if task.phase is not Phase.DONE else "")
    line = " ".join(latest.split())
    return f"  {line[:90]}" if line else ""
