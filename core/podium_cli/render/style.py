"""Colours, symbols and helpers that all screens share."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from podium_cli.render.plain.palette import STYLES, sign_of, without_controls

THEME = Theme(dict(STYLES))

NARROW = 60


class _Screen(Console):
    """A console that replaces control characters in text, so that they cannot move the cursor."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render with control characters replaced."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(without_controls(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Raise, because a closed pipe is not a failure of the command; see `run`."""
        raise BrokenPipeError


@cache
def console() -> Console:
    """Return the console for stdout; plain text without a terminal or with NO_COLOR."""
    return _Screen(theme=THEME, highlight=False, soft_wrap=False)


@cache
def error_console() -> Console:
    """Return the console for stderr."""
    return _Screen(theme=THEME, highlight=False, stderr=True)


def is_narrow() -> bool:
    """Whether the terminal is too narrow for columns of secondary importance."""
    return console().width < NARROW


def sign(state: str) -> Text:
    """Return a state's symbol in its colour."""
    letter, style = sign_of(state)
    return Text(letter, style=style)


def state_label(state: str) -> Text:
    """Return a state's symbol and name in its colour."""
    letter, style = sign_of(state)
    return Text(f"{letter} {state}", style=style)


def escaped(text: str) -> str:
    """Escape untrusted text, so that its brackets are not parsed as markup."""
    return escape(text)


def table(*headings: str) -> Table:
    """Return an empty table in the common style."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in headings:
        grid.add_column(heading, overflow="fold")
    return grid


def print_next(command: str) -> None:
    """Print the next command."""
    if command:
        console().print(f"\n[quiet]next[/]  [next]{escaped(command)}[/]")


def when(moment: datetime | None) -> str:
    """Format a point in time in the local time zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def span(begin: datetime | None, end: datetime | None) -> str:
    """Format the time between two points in time."""
    return duration(end - begin) if begin and end else ""


def duration(length: timedelta) -> str:
    """Format a duration, for instance `2 min 05 s`."""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
