"""Relays the questions of a running call to people, and their answers to the call.

Nothing is kept in memory: after a crash, the next runner compares the questions of the call with
the stored ones again.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio
import anyio.to_thread

from podium.entities.answers.permissions import (
    ask_for_permission,
    genuine,
    permission_question,
    permissions_of,
    withdraw_permissions,
)
from podium.entities.questions import end_without_answer
from podium.errors import first_error
from podium.model import layout
from podium.model.agents import ActionQuestion, AgentRequest
from podium.model.rules.permissions import Matched, match_questions
from podium.model.states import Phase
from podium.runs.context import RunContext
from podium.store import Transaction

_PAUSE_SECONDS = 0.1


@asynccontextmanager
async def relayed_questions(context: RunContext, request: AgentRequest) -> AsyncGenerator[None]:
    """Relay the questions of a call during a block; afterwards none of them is open.

    Raises:
        PodiumError, OSError: what the block raises; or a question cannot be stored.
    """
    if not request.ask:
        yield
        return
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_relay, context, request)
            yield
            group.cancel_scope.cancel()
    except ExceptionGroup as errors:
        raise first_error(errors) from None
    await anyio.to_thread.run_sync(_withdraw, context, _about(context, request))


async def _relay(context: RunContext, request: AgentRequest) -> None:
    is_open = True  # an earlier runner may have left questions
    while True:
        asked = await context.dispatcher.asked(request.key)
        if not asked and not is_open:
            await anyio.sleep(_PAUSE_SECONDS)
            continue
        is_open = bool(asked)
        due = await anyio.to_thread.run_sync(_store_due, context, request, asked)
        for question_id, answer in due.answers:
            context.check_lock()
            await context.dispatcher.answer(request.key, question_id, answer)
        await anyio.sleep(_PAUSE_SECONDS)


def _store_due(
    context: RunContext, request: AgentRequest, asked: Sequence[ActionQuestion]
) -> Matched:
    """Store new questions, and end those for which the call no longer waits."""
    about = _about(context, request)
    stored = permissions_of(context.store, about)
    due = match_questions(request.key, asked, stored, genuine(stored))
    if due.store or due.end:
        context.store.transact(partial(_write, context, request, due))
    return due


def _write(context: RunContext, request: AgentRequest, due: Matched, tx: Transaction) -> None:
    for each in due.end:
        end_without_answer(tx, each, context.clock.now())
    record = tx.get(layout.task_run(context.run.id, request.task_id))
    if record is None or record.phase is not Phase.WORKING:
        return  # the task was cancelled meanwhile, which also ends the call
    about = _about(context, request)
    for asked in due.store:
        ask_for_permission(tx, permission_question(request.key, about, request.agent, asked))


def _withdraw(context: RunContext, about: str) -> None:
    if any(each.is_open for each in permissions_of(context.store, about)):
        now = context.clock.now()
        context.store.transact(lambda tx: withdraw_permissions(tx, about, now))


def _about(context: RunContext, request: AgentRequest) -> str:
    return f"{context.run.id}/{request.task_id}"
