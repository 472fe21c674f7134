"""Shows a run as lines, for logs and pipes."""

from typing import TextIO

from podium.app import Change
from podium.model.events import EventKind
from podium.operations.run.status import RunStatus
from podium_cli.render.plain.palette import without_controls

_SIGNS = {
    "done": "✓",
    "failed": "✗",
    "blocked": "⊘",
    "retrying": "↻",
    "repairing": "✚",
    "completed": "✓",
    "partial": "◑",
    "cancelled": "■",
}


class PlainView:
    """Writes a line for each phase.

    Args:
        out: receives the lines.
    """

    shows_activity = False

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def update(self, status: RunStatus, activity: dict[str, str]) -> None:
        """Show nothing: lines show changes, not the status."""

    def on_change(self, change: Change) -> None:
        """Write a line for each event of the change."""
        for event in change.events:
            moment = change.at.astimezone().strftime("%H:%M:%S")
            match event.kind:
                case EventKind.PHASE_CHANGED:
                    phase = str(event.data.get("phase", ""))
                    name = event.subject.split("/", 1)[-1]
                    title = str(event.data.get("title") or phase)
                    sign = _SIGNS.get(title, "·")
                    self._line(f"{moment} {sign} {name:<16} {title:<10} {event.message}")
                case EventKind.RUN_CHANGED:
                    sign = _SIGNS.get(event.message, "·")
                    self._line(f"{moment} {sign} run {event.message}")
                case EventKind.QUESTION_ASKED:
                    answer = f"podium answer {event.data.get('question', '')}"
                    self._line(f"{moment} ? {event.message} ({answer})")
                case EventKind.FINDING_ADDED | EventKind.RUN_BUDGET:
                    self._line(f"{moment} !   {event.message}")
                case _:
                    pass

    def print_line(self, text: str) -> None:
        """Write a line."""
        self._line(text)

    def _line(self, text: str) -> None:
        print(without_controls(text).rstrip(), file=self._out, flush=True)
