"""Permissions for actions of agents: asked as questions, remembered for a task, revoked."""

from collections.abc import Iterable
from datetime import datetime

from podium.dialogue.excerpts import redact, show_hidden
from podium.entities.access import Reader
from podium.entities.questions import all_questions, ask, end_without_answer, find_question
from podium.entities.signing import is_answer_signed_here
from podium.errors import StateTransitionError
from podium.model import layout
from podium.model.agents import ActionQuestion, AskKind
from podium.model.events import Actor, Event, EventKind
from podium.model.questions import (
    ALLOW_ONCE,
    ALLOW_TASK,
    DENY,
    Choice,
    Fact,
    Question,
    QuestionKind,
)
from podium.model.rules.permissions import question_key
from podium.model.runs import END_STATES
from podium.store import Transaction

_ACTIONS = {
    AskKind.COMMAND: ("run a command", "command", "every command"),
    AskKind.EDIT: ("change a file", "diff", "every change of a file"),
    AskKind.EDIT_UNDECLARED: (
        "change a file that the task does not declare",
        "diff",
        "every change of an undeclared file",
    ),
    AskKind.DELETE: ("delete or move a file", "what", "every deletion and move"),
    AskKind.NETWORK: ("use the network", "request", "every use of the network"),
}


def permission_question(call: str, about: str, agent: str, question: ActionQuestion) -> Question:
    """Return the question that people see; what the agent wants to do is a fact, quoted exactly.

    Args:
        call: the call's key.
        about: the task that waits.
        agent: the agent's name.
        question: the agent's question.
    """
    action, name, every = _ACTIONS[question.kind]
    return Question(
        id="",
        kind=QuestionKind.PERMISSION,
        about=about,
        key=question_key(call, question),
        text=f"{agent} asks to {action}",
        facts=(Fact(name=name, text=redact(show_hidden(question.content))),),
        choices=(
            Choice(id=ALLOW_ONCE, label="Allow this once"),
            Choice(id=ALLOW_TASK, label=f"Allow this and {every} in this task"),
            Choice(id=DENY, label="Deny"),
        ),
        asked_at=question.asked_at,
        until=question.until,
        action=question.kind,
    )


def permissions_of(reader: Reader, about: str) -> list[Question]:
    """Return the stored questions about permissions in a task of a run, oldest first."""
    run_id = about.partition("/")[0]
    return [q for q in all_questions(reader, run_id) if q.is_permission and q.about == about]


def genuine(questions: Iterable[Question]) -> frozenset[str]:
    """Return the ids of those that were answered on this machine."""
    answered = (each for each in questions if each.answer)
    return frozenset(each.id for each in answered if is_answer_signed_here(each))


def remembered(questions: Iterable[Question]) -> list[Question]:
    """Return the permissions that hold for the rest of their task."""
    return [each for each in questions if each.is_remembered and is_answer_signed_here(each)]


def in_force(reader: Reader, questions: Iterable[Question]) -> tuple[Question, ...]:
    """Return the permissions that hold for the rest of their task, in runs that have not ended."""
    found = remembered(questions)
    runs = {each.run_id: reader.get(layout.run(each.run_id)) for each in found}
    ended = {name for name, run in runs.items() if run is None or run.state in END_STATES}
    return tuple(each for each in found if each.run_id not in ended)


def ask_for_permission(tx: Transaction, question: Question) -> None:
    """Store a question, unless it was asked before, by a runner that died then."""
    if all(each.key != question.key for each in permissions_of(tx, question.about)):
        ask(tx, question)


def withdraw_permissions(tx: Transaction, about: str, now: datetime) -> None:
    """End the open questions about a task whose call is over."""
    for each in permissions_of(tx, about):
        if each.is_open:
            end_without_answer(tx, each, now)


def revoke(tx: Transaction, id_or_prefix: str, by: Actor, now: datetime) -> Question:
    """Revoke a permission that was given for a whole task; later actions are asked about again.

    Raises:
        QuestionNotFound: there is no such question.
        AmbiguousId: several questions match.
        StateTransitionError: it gives no permission that is still in force.
    """
    found = find_question(tx, id_or_prefix)
    if not found.is_remembered:
        raise StateTransitionError(
            f"Question {found.id} gives no permission that could be revoked",
            why="only the answer allow-for-task is remembered, until it is revoked",
            hints=["podium questions --remembered"],
        )
    revoked = found.model_copy(update={"revoked_at": now, "revoked_by": by})
    tx.put(layout.question(revoked.id), revoked)
    tx.record(
        Event(
            kind=EventKind.PERMISSION_REVOKED,
            subject=revoked.about,
            message=f"{revoked.action} is no longer allowed, by {by.called}",
            data={"question": revoked.id, "kind": revoked.kind},
        )
    )
    return revoked
