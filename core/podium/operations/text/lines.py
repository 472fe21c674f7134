"""Renders each row of a result as one line of plain text, for faces whose readers pay per token."""

from functools import singledispatch

from podium.errors import InternalError
from podium.model.base import Frozen
from podium.model.events import Recorded
from podium.operations.run.log import LogLine
from podium.operations.session.views import SessionRow
from podium.operations.views import PlanRow, TaskRow
from podium.words import shorten

_LONGEST_ACTOR = 40
_LONGEST_MESSAGE = 300


@singledispatch
def line(row: Frozen, longest: int = 60) -> str:
    """Return a row as one line.

    Args:
        row: a row of a list, or an event.
        longest: the maximum length of the part written by people or models.

    Raises:
        InternalError: rows of this type have no one-line form.
    """
    raise InternalError(f"A {type(row).__name__} has no one-line form")


@line.register
def _plan(row: PlanRow, longest: int = 60) -> str:
    return f"{row.id} {row.state} {row.done}/{row.total} {shorten(row.objective, longest)}"


@line.register
def _task(row: TaskRow, longest: int = 60) -> str:
    return f"{row.id} {shorten(row.title, longest)}"


@line.register
def _session(row: SessionRow, longest: int = 60) -> str:
    about = f"{row.plan_id}/{row.task_id}" if row.task_id else row.plan_id
    words = (row.id, row.type, row.state, about, shorten(row.title, longest))
    return " ".join(filter(None, words))


@line.register
def _event(row: Recorded, longest: int = 60) -> str:
    who = shorten(row.actor.name or row.actor.kind, _LONGEST_ACTOR)
    return f"{row.at:%m-%d %H:%M} {who}: {shorten(row.event.message, longest)}"


@line.register
def _log_line(row: LogLine, longest: int = _LONGEST_MESSAGE) -> str:
    return f"{row.at:%Y-%m-%d %H:%M:%S} {row.subject} {shorten(row.message, longest)}"
