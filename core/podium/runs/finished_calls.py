"""Packs the calls and documents of ended tasks, several at a time, so that the store stays small.

What a crash leaves unpacked is packed when the run ends, or by `podium gc`.
"""

from collections.abc import Sequence
from functools import partial

import anyio.to_thread
import structlog

from podium.entities.ended_work import documents_of_ended_tasks
from podium.entities.runs import load_task_runs
from podium.errors import PodiumError
from podium.model.runs import TaskRun
from podium.runs.context import RunContext

CALLS_AT_A_TIME = 16
"""Number of calls per batch; each batch costs one fsync."""

TASKS_AT_A_TIME = 64
"""Minimum number of tasks per batch."""

_PACKED_PER_NEW = 4
"""Each batch rewrites the packs of its documents, so it grows with what is packed already: this
many tasks for each new one."""


async def note_ended_task(context: RunContext, record: TaskRun) -> None:
    """Note an ended task; pack the noted calls or documents once there are enough for a batch."""
    context.ended_calls.extend(_keys(record))
    ended = context.ended_tasks
    ended.unpacked.append(record.task_id)
    if len(context.ended_calls) >= CALLS_AT_A_TIME:
        await _pack_calls(context, context.ended_calls)
    if len(ended.unpacked) >= max(TASKS_AT_A_TIME, ended.packed // _PACKED_PER_NEW):
        await _pack_documents(context, ended.take())


async def pack_ended_tasks(context: RunContext) -> None:
    """Pack all calls and documents of a run that has ended."""
    records = load_task_runs(context.store, context.run).values()
    await _pack_calls(context, [key for record in records for key in _keys(record)])
    await _pack_documents(context, [record.task_id for record in records])


def _keys(record: TaskRun) -> list[str]:
    return [call.key for attempt in record.attempts for call in attempt.calls]


async def _pack_calls(context: RunContext, keys: Sequence[str]) -> None:
    """Pack calls; calls that cannot be packed are left unchanged, which only costs space."""
    wanted = tuple(keys)
    context.ended_calls.clear()
    try:
        await context.dispatcher.forget(wanted)
    except (PodiumError, OSError) as error:
        structlog.get_logger().warning("calls.not_packed", why=str(error))


async def _pack_documents(context: RunContext, task_ids: Sequence[str]) -> None:
    """Pack documents; those that cannot be packed are left unchanged, which only costs space."""
    try:
        paths = documents_of_ended_tasks(context.store, context.run, task_ids)
        await anyio.to_thread.run_sync(partial(context.store.maintenance.pack, paths))
    except (PodiumError, OSError) as error:
        structlog.get_logger().warning("documents.not_packed", why=str(error))
