"""Packs the calls of ended tasks, several at a time, so that the run folder stays small.

Calls that were not packed because of a crash are packed when the run ends, or by the daily
housekeeping.
"""

import structlog

from podium.entities.runs import load_task_runs
from podium.errors import PodiumError
from podium.model.runs import TaskRun
from podium.runs.context import RunContext

CALLS_AT_A_TIME = 16
"""Number of calls per batch; each batch costs one fsync."""


async def note_ended_calls(context: RunContext, record: TaskRun) -> None:
    """Note the calls of an ended task, and pack the noted calls once there are enough of them."""
    context.ended_calls.extend(_keys(record))
    if len(context.ended_calls) >= CALLS_AT_A_TIME:
        await _pack(context, context.ended_calls)


async def pack_ended_calls(context: RunContext) -> None:
    """Pack all calls of a run that has ended."""
    records = load_task_runs(context.store, context.run).values()
    await _pack(context, [key for record in records for key in _keys(record)])


def _keys(record: TaskRun) -> list[str]:
    return [call.key for attempt in record.attempts for call in attempt.calls]


async def _pack(context: RunContext, keys: list[str]) -> None:
    """Pack calls; calls that cannot be packed are left unchanged, which only costs space."""
    wanted = tuple(keys)
    context.ended_calls.clear()
    try:
        await context.dispatcher.forget(wanted)
    except (PodiumError, OSError) as error:
        structlog.get_logger().warning("calls.not_packed", why=str(error))
