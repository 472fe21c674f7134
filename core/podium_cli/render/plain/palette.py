"""Styles by name, symbols for states, and the removal of control characters."""

from collections.abc import Mapping

from podium.model.states import FindingStatus, Phase, PlanState, RunState, SessionState, TaskState

STYLES: Mapping[str, str] = {
    "id": "cyan",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "busy": "blue",
    "quiet": "dim",
    "head": "bold",
    "next": "bold cyan",
}
"""The look of each style: an attribute, a colour, or both."""

PRIORITY_STYLE: Mapping[str, str] = {"critical": "bad", "high": "warn", "low": "quiet"}

_SIGNS: Mapping[str, tuple[str, str]] = {
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
    Phase.WORKING: ("◐", "busy"),
    Phase.MERGING: ("◐", "busy"),
    Phase.RETRYING: ("↻", "warn"),
}

_COMMANDS = {*range(32), *range(127, 160)} - {ord("\n"), ord("\t")}
_CONTROL = dict.fromkeys(_COMMANDS, "\N{REPLACEMENT CHARACTER}")


def sign_of(state: str) -> tuple[str, str]:
    """Return a state's symbol and its style."""
    return _SIGNS.get(state, ("·", "quiet"))


def without_controls(text: str) -> str:
    """Return `text` with its control characters replaced."""
    return text if text.isprintable() else text.translate(_CONTROL)
