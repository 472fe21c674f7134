"""Describes the limits of agent calls for faces that show them as plain text."""

from podium.dialogue.documents.figures import limits_text
from podium.model.runs import ACTIVE_PHASES
from podium.operations.run.status import RunStatus

__all__ = ["limits_lines", "limits_text"]


def limits_lines(status: RunStatus) -> tuple[str, ...]:
    """Return a line for each task whose call under way has less time than the settings allow."""
    return tuple(
        f"{each.id} is limited to {each.limits}"
        for each in status.tasks
        if each.limits and each.phase in ACTIVE_PHASES
    )
