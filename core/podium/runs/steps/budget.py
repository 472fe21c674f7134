"""Holds a run or a task at a limit of its budget, before the next call, until a person decides.

Calls under way are not affected. The answers are the only record of a raised limit, so they count
for every runner.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from podium.entities.ledger import RunLedger, budget_questions
from podium.entities.questions import ask
from podium.entities.signing import is_answer_signed_here
from podium.model.questions import Choice, Fact, Question, QuestionKind
from podium.model.rules.budgets import (
    FINISH,
    STOP,
    BudgetUse,
    Scope,
    Spent,
    amount_text,
    cost_text,
    first_reached,
    local_day,
    minutes_text,
    question_key,
    raise_answer,
    steps_beyond,
)
from podium.model.runs import TaskRun
from podium.runs.context import RunContext


def waits_for_budget(context: RunContext, record: TaskRun) -> bool:
    """Return whether a call must not start now; if a limit is reached, ask what to do."""
    run, store = context.run, context.store
    if not run.budget.is_set:
        return False
    now = context.clock.now()
    today = local_day(now)
    ledger = RunLedger(store, run, today, context.own_calls)
    use = first_reached(ledger.uses(record.task_id))
    if use is None:
        return False
    about = f"{run.id}/{record.task_id}" if use.scope is Scope.TASK else run.id
    known = budget_questions(store, run.id)
    if _may_finish(known, record):
        return False
    spent = ledger.totals(record.task_id).of(use.scope)
    question = _question(use, spent, record.task_id, about, now)
    same = [each for each in known if (each.about, each.key) == (about, question.key)]
    is_stopped = bool(same) and same[-1].answer == STOP and is_answer_signed_here(same[-1])
    if not is_stopped:
        store.transact(lambda tx: ask(tx, question))
    return True


def _may_finish(known: Sequence[Question], record: TaskRun) -> bool:
    """Return whether a person allowed the attempt to finish regardless of the limits."""
    about = (record.task_id, "")
    return any(
        each.answer == FINISH
        and each.task_id in about
        and each.ended_at is not None
        and each.ended_at >= record.attempt.started_at
        and is_answer_signed_here(each)
        for each in known
    )


def _question(use: BudgetUse, spent: Spent, task_id: str, about: str, now: datetime) -> Question:
    day = local_day(now)
    steps = steps_beyond(use)
    raised = amount_text(use.measure, use.limit + steps * use.step)
    of_task = use.scope is Scope.TASK
    return Question(
        id="",
        kind=QuestionKind.BUDGET,
        about=about,
        key=question_key(use.scope, use.measure, day),
        text=f"The budget is used up: {use.sentence(task_id, day)}",
        facts=() if use.scope is Scope.CALL else _facts(spent),
        choices=(
            Choice(id=raise_answer(steps), label=f"Raise the limit to {raised}"),
            Choice(
                id=FINISH,
                label="Let this attempt finish without the limits"
                if of_task
                else "Finish the attempts in progress without the limits, then pause the run",
            ),
            Choice(id=STOP, label="Cancel this task" if of_task else "Cancel the run"),
        ),
        asked_at=now,
        until=_next_day(now) if use.scope is Scope.DAY else None,
    )


def _facts(spent: Spent) -> tuple[Fact, ...]:
    """Return what was used; a limit in money does not cover the calls without a price."""
    cost = cost_text(spent)
    used = f"{spent.input_tokens:,} tokens read, {spent.output_tokens:,} written"
    return (
        Fact(name="calls", text=f"{spent.calls}, {minutes_text(spent.minutes)}"),
        Fact(name="tokens", text=used),
        Fact(name="cost", text=cost or "none"),
    )


def _next_day(now: datetime) -> datetime:
    """Return the next local midnight, when the daily limit starts again."""
    local = now.astimezone()
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return (midnight + timedelta(days=1)).astimezone(now.tzinfo)
