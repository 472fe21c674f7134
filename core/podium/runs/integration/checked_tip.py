"""Compares the integration branch with the store before results are merged into it."""

from collections.abc import Sequence

from podium.entities.questions import all_questions, ask
from podium.entities.signing import is_answer_signed_here
from podium.entities.tasks import load_progress
from podium.errors import MergeConflict
from podium.model import layout
from podium.model.progress import move
from podium.model.questions import Choice, Fact, Question, QuestionKind
from podium.model.states import TaskState
from podium.runs.completion import task_changed
from podium.runs.context import RunContext
from podium.runs.integration.branch import (
    Integration,
    find_tips,
    inspect_integration,
    integration_branch,
    restore_integration,
)
from podium.store import Transaction

RESTORE, REPEAT = "restore", "repeat"


async def checked_tip(context: RunContext) -> str | None:
    """Return the tip of the integration branch once it matches the store.

    A deleted branch is rebuilt.

    Returns:
        None if results are missing because a person moved the branch: the run waits for an answer.
    """
    run, repository = context.run, context.repository
    recorded = context.recorded.current()
    tip, head = await find_tips(repository, run.plan_id)
    if tip is not None and context.known.contains_all(tip, head, recorded.values()):
        return tip
    found = await inspect_integration(repository, run.plan_id, dict(sorted(recorded.items())))
    if found.tip is None:
        return await restore_integration(repository, run.plan_id, found, run.base_commit)
    if not found.missing:
        if tip is not None and tip == found.tip and not found.lost:
            context.known.learn_contained(tip, head, recorded.values())
        return found.tip
    match _answer(context, found):
        case "":
            return None
        case "repeat":
            _reopen(context, tuple(found.missing))
            return found.tip
        case _:
            return await _restore(context, found)


async def _restore(context: RunContext, found: Integration) -> str | None:
    run = context.run
    try:
        return await restore_integration(context.repository, run.plan_id, found, run.base_commit)
    except MergeConflict as error:
        _ask(context, found, f"{error}. Merge them by hand, then answer with {RESTORE} or {REPEAT}")
        return None


def _reopen(context: RunContext, task_ids: Sequence[str]) -> None:
    """Make tasks pending again, because their results were removed on purpose."""

    def reopen(tx: Transaction) -> None:
        progress = load_progress(tx, context.run.plan_id)
        for each in task_ids:
            row = progress[each]
            task = context.tasks[each]
            reopened = move(task, row, TaskState.PENDING, "its result was removed from the branch")
            tx.put(layout.progress(context.run.plan_id, each), reopened)
            event = task_changed(context.run.plan_id, each, reopened)
            tx.record(event)

    context.store.transact(reopen)


def _answer(context: RunContext, found: Integration) -> str:
    """Return the answer to the question about exactly this state; ask it if not yet asked."""
    asked = [
        each
        for each in all_questions(context.store, context.run.id)
        if each.kind == QuestionKind.BRANCH and each.key == found.tip
    ]
    answered = [each for each in asked if each.answer and is_answer_signed_here(each)]
    if answered:
        return answered[-1].answer
    branch = integration_branch(context.run.plan_id)
    tasks = ", ".join(found.missing or ())
    _ask(context, found, f"The branch {branch} was moved and lacks the results of {tasks}")
    return ""


def _ask(context: RunContext, found: Integration, text: str) -> None:
    question = Question(
        id="",
        kind=QuestionKind.BRANCH,
        about=context.run.id,
        key=found.tip or "",
        text=text,
        facts=tuple(
            Fact(name=task, text=f"commit {commit[:12]}")
            for task, commit in (found.missing or {}).items()
        ),
        choices=(
            Choice(id=RESTORE, label="Put the missing results back on the branch"),
            Choice(id=REPEAT, label="Leave the branch; the next run repeats these tasks"),
        ),
        asked_at=context.clock.now(),
    )
    context.store.transact(lambda tx: ask(tx, question))
