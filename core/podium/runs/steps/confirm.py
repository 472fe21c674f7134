"""The confirm step: asks a person about criteria that only a person can confirm.

A change of no files is a question of its own, before the others.
"""

from collections.abc import Sequence
from functools import partial

from podium.dialogue.excerpts import redact, show_hidden
from podium.entities.answers.confirmations import (
    MET,
    NOT_MET,
    UNCHANGED_KEY,
    answered,
    key_of,
    key_start,
)
from podium.entities.questions import all_questions, ask
from podium.model.plans import AcceptanceCriterion, CriterionKind, Task
from podium.model.progress import shown_by
from podium.model.questions import Choice, Fact, Question, QuestionKind
from podium.model.runs import TaskRun, WaitResult
from podium.runs.completion import evidence_of
from podium.runs.context import RunContext
from podium.runs.transitions import with_result
from podium.words import counted
from podium.workspace.values import DiffStat

_MOST_FILES = 20


async def confirm(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Ask unless already asked; return the record unchanged while a question is open."""
    attempt, about = record.attempt, f"{context.run.id}/{task.id}"
    start = key_start(attempt)
    asked = {
        each.key: each
        for each in all_questions(context.store, context.run.id)
        if each.about == about and each.key.startswith(start)
    }
    stat = await context.repository.diff_stat(attempt.base_commit, attempt.commit)
    for batch in _batches(context, task, record, stat):
        missing = [each for each in batch if each.key not in asked]
        for each in missing:
            context.store.transact(partial(ask, question=each))
        if missing or any(asked[each.key].is_open for each in batch):
            return record
        refused = [each for each in batch if answered(asked[each.key]) != MET]
        if refused:
            return with_result(record, _result(record, [asked[each.key] for each in refused]))
    return with_result(record, _result(record, ()))


def _batches(
    context: RunContext, task: Task, record: TaskRun, stat: DiffStat
) -> tuple[tuple[Question, ...], ...]:
    """Return the questions that are asked at the same time, in the order of asking."""
    evidence = evidence_of(context.run, task, record.attempt, context.clock.now())
    missing = [each for each in task.acceptance if shown_by(each, evidence) is None]
    mine = [each for each in task.acceptance if each.kind is CriterionKind.PERSON]
    changes = _changes(record, stat)
    criteria = tuple(_question(context, task, record, each, changes, missing) for each in mine)
    unchanged = (_unchanged(context, task, record),) if not stat.files else ()
    return tuple(batch for batch in (unchanged, criteria) if batch)


def _unchanged(context: RunContext, task: Task, record: TaskRun) -> Question:
    return Question(
        id="",
        kind=QuestionKind.CRITERION,
        about=f"{context.run.id}/{task.id}",
        key=key_of(record.attempt, UNCHANGED_KEY),
        text=f"Task {task.id}: 0 files changed. Is it done nevertheless?",
        facts=(Fact(name="task", text=_plain(task.title)),),
        choices=(
            Choice(id=MET, label="No file had to change"),
            Choice(id=NOT_MET, label="Fail the attempt"),
        ),
        asked_at=context.clock.now(),
    )


def _question(
    context: RunContext,
    task: Task,
    record: TaskRun,
    criterion: AcceptanceCriterion,
    changes: Sequence[Fact],
    missing: Sequence[AcceptanceCriterion],
) -> Question:
    others = ", ".join(each.id for each in missing if each.id != criterion.id)
    return Question(
        id="",
        kind=QuestionKind.CRITERION,
        about=f"{context.run.id}/{task.id}",
        key=key_of(record.attempt, criterion.id),
        text=f"Task {task.id}: is criterion {criterion.id} met? {_plain(criterion.text)}",
        facts=(
            Fact(name="also not shown", text=others or "nothing"),
            *changes,
            Fact(name="criterion", text=_plain(criterion.text)),
        ),
        choices=(
            Choice(id=MET, label="It is met"),
            Choice(id=NOT_MET, label="It is not met: fail the attempt"),
        ),
        asked_at=context.clock.now(),
    )


def _changes(record: TaskRun, stat: DiffStat) -> tuple[Fact, ...]:
    attempt, files = record.attempt, stat.files
    rows = [
        f"{_plain(each.path)} +{each.added} -{each.deleted}"
        if each.added is not None
        else f"{_plain(each.path)} (binary)"
        for each in files[:_MOST_FILES]
    ]
    if len(files) > _MOST_FILES:
        rows.append(f"and {counted(len(files) - _MOST_FILES, 'more file')}")
    total = f"{counted(len(files), 'file')} changed, +{stat.added} -{stat.deleted}"
    look = f"git diff {attempt.base_commit[:12]} {attempt.commit[:12]}"
    if not files:
        return (Fact(name="changes", text="0 files changed"),)
    return (
        Fact(name="changes", text="\n".join([total, *rows])),
        Fact(name="to read them", text=look),
    )


def _plain(text: str) -> str:
    """Return text of a model or a file name without secrets, with hidden letters visible."""
    return redact(show_hidden(text))


def _result(record: TaskRun, refused: Sequence[Question]) -> WaitResult:
    texts = "; ".join(each.text for each in refused)
    return WaitResult(
        path=record.attempt.at,
        passed=not refused,
        summary="" if refused else "confirmed by a person",
        question=refused[0].id if refused else "",
        answer=refused[0].answer if refused else MET,
        problem=f"a person did not confirm it: {texts}" if refused else "",
    )
