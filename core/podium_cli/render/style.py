"""Colours, signs and small pieces that every screen shares."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from podium.model.plans import Priority
from podium.model.states import FindingStatus, Phase, PlanState, RunState, SessionState, TaskState

THEME = Theme(
    {
        "id": "cyan",
        "good": "green",
        "bad": "bold red",
        "warn": "yellow",
        "busy": "blue",
        "quiet": "dim",
        "head": "bold",
        "next": "bold cyan",
    }
)

_SIGNS: dict[str, tuple[str, str]] = {
    TaskState.PENDING: ("○", "quiet"),
    TaskState.RUNNING: ("◐", "busy"),
    TaskState.BLOCKED: ("⊘", "warn"),
    TaskState.DONE: ("✓", "good"),
    TaskState.FAILED: ("✗", "bad"),
    TaskState.CANCELLED: ("■", "quiet"),
    TaskState.SKIPPED: ("»", "quiet"),
    PlanState.DRAFT: ("✎", "warn"),
    PlanState.APPROVED: ("✓", "good"),
    PlanState.REJECTED: ("✗", "bad"),
    RunState.PAUSED: ("‖", "warn"),
    RunState.COMPLETED: ("✓", "good"),
    RunState.PARTIAL: ("◑", "warn"),
    SessionState.ACTIVE: ("●", "good"),
    SessionState.SUSPENDED: ("‖", "warn"),
    FindingStatus.OPEN: ("●", "warn"),
    FindingStatus.FIXED: ("✓", "good"),
    FindingStatus.DISMISSED: ("■", "quiet"),
    FindingStatus.STALE: ("?", "quiet"),
    Phase.WAITING: ("○", "quiet"),
    Phase.PREPARING: ("◐", "busy"),
    Phase.EXECUTING: ("◐", "busy"),
    Phase.CHECKING: ("◐", "busy"),
    Phase.REPAIRING: ("✚", "warn"),
    Phase.REVIEWING: ("◐", "busy"),
    Phase.MERGING: ("◐", "busy"),
    Phase.RETRYING: ("↻", "warn"),
}

PRIORITY_STYLE = {Priority.CRITICAL: "bad", Priority.HIGH: "warn", Priority.LOW: "quiet"}


_COMMANDS = {*range(32), *range(127, 160)} - {ord("\n"), ord("\t")}
_CONTROL = dict.fromkeys(_COMMANDS, "\N{REPLACEMENT CHARACTER}")


def harmless(text: str) -> str:
    """Return a text without the characters that command a terminal."""
    return text.translate(_CONTROL)


class _Screen(Console):
    """A console on which no text can move the cursor, change colours or set the window's title."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render, without what texts hold of control characters."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(harmless(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Leave it to the shell, for which a reader that has seen enough is no failure."""
        raise BrokenPipeError


@cache
def console() -> Console:
    """Return the terminal; without one, or with NO_COLOR, plain text comes out."""
    return _Screen(theme=THEME, highlight=False, soft_wrap=False)


@cache
def error_console() -> Console:
    """Return the terminal's error side."""
    return _Screen(theme=THEME, highlight=False, stderr=True)


def sign(state: str) -> Text:
    """Return a state's sign in its colour."""
    letter, style = _SIGNS.get(state, ("·", "quiet"))
    return Text(letter, style=style)


def stated(state: str) -> Text:
    """Return a state's sign and name in its colour."""
    letter, style = _SIGNS.get(state, ("·", "quiet"))
    return Text(f"{letter} {state}", style=style)


def plain(text: str) -> str:
    """Return a text that came from somebody, so that it cannot draw anything."""
    return escape(text)


def table(*headings: str) -> Table:
    """Return an empty table in the house's look."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in headings:
        grid.add_column(heading, overflow="fold")
    return grid


def print_next(command: str) -> None:
    """Print what to do now."""
    if command:
        console().print(f"\n[quiet]next[/]  [next]{plain(command)}[/]")


def when(moment: datetime | None) -> str:
    """Return a moment in the person's own time zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def span(begin: datetime | None, end: datetime | None) -> str:
    """Return how long something took."""
    return duration(end - begin) if begin and end else ""


def duration(length: timedelta) -> str:
    """Return a length of time, as a person says it."""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
