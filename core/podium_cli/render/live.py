"""A run as live bars."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from podium.model.runs import ACTIVE_PHASES
from podium.model.states import Phase
from podium.operations.run.status import RunStatus, TaskStatus
from podium.store import Change
from podium_cli.render.style import console, duration, sign, stated, table

_STEPS = {
    Phase.WAITING: 0,
    Phase.PREPARING: 1,
    Phase.EXECUTING: 2,
    Phase.CHECKING: 3,
    Phase.REPAIRING: 3,
    Phase.REVIEWING: 3,
    Phase.MERGING: 4,
    Phase.RETRYING: 1,
    Phase.DONE: 5,
}
_ALL_STEPS = 5
_BAR_STYLE = {Phase.DONE: "green", Phase.FAILED: "red", Phase.BLOCKED: "yellow"}
_FRAMES_PER_SECOND = 8


class LiveView:
    """Draws a run in place.

    Args:
        live: rich's live display.
    """

    def __init__(self, live: Live) -> None:
        self._live = live

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Draw where the run stands now."""
        self._live.update(draw(status, activity, datetime.now(UTC)))

    def tell(self, change: Change) -> None:
        """Show nothing: the bars show it."""

    def say(self, text: str) -> None:
        """Write a line above the bars."""
        self._live.console.print(Text(text, style="warn"))


@contextmanager
def live_view() -> Generator[LiveView]:
    """Give a live display for the length of a block; the last picture stays."""
    with Live(console=console(), refresh_per_second=_FRAMES_PER_SECOND) as live:
        yield LiveView(live)


def draw(status: RunStatus, activity: dict[str, str], now: datetime) -> RenderableType:
    """Return the picture of a run: a bar for the whole, a row for each task."""
    whole = table("", "", "")
    whole.show_header = False
    elapsed = (status.ended_at or now) - (status.started_at or status.created_at)
    whole.add_row(
        stated(status.state),
        ProgressBar(total=max(1, len(status.tasks)), completed=status.done, width=40),
        Text(f"{status.done}/{len(status.tasks)} done  {duration(elapsed)}", style="quiet"),
    )
    grid = table("", "", "", "", "")
    grid.show_header = False
    for task in status.tasks:
        grid.add_row(*_row(task, activity.get(task.id, ""), now))
    title = Text(" ".join(status.objective.split())[:100], style="head")
    return Group(title, whole, Text(), grid)


def _row(task: TaskStatus, doing: str, now: datetime) -> tuple[RenderableType, ...]:
    bar = ProgressBar(
        total=_ALL_STEPS,
        completed=_STEPS.get(task.phase, _ALL_STEPS),
        width=12,
        style="bright_black",
        complete_style=_BAR_STYLE.get(task.phase, "blue"),
        finished_style=_BAR_STYLE.get(task.phase, "green"),
    )
    tries = f" {task.attempt}/{task.max_attempts}" if task.attempt > 1 else ""
    told = _told(task, doing)
    time = ""
    if task.started_at:
        until = now if task.phase in ACTIVE_PHASES else task.ended_at or now
        time = duration(until - task.started_at)
    return (
        sign(task.phase),
        Text(task.id, style="id"),
        bar,
        Text(f"{task.phase}{tries}"),
        Text.assemble((f"{time:>8}  ", "quiet"), task.title, (told, "quiet")),
    )


def _told(task: TaskStatus, doing: str) -> str:
    said = doing or (task.problem if task.phase is not Phase.DONE else "")
    line = " ".join(said.split())
    return f"  {line[:90]}" if line else ""
