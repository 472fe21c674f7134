"""Questions: the first answer or the time ends them, and they hold what they are about."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from podium.entities.answers.permissions import remembered
from podium.entities.questions import all_questions, end_without_answer, find_question
from podium.entities.questions import answer as give_answer
from podium.entities.questions import ask as put_question
from podium.entities.signing import is_answer_signed_here
from podium.errors import NotApproved, QuestionNotFound, StateTransitionError, ValidationError
from podium.model.questions import (
    ALLOW_ONCE,
    ALLOW_TASK,
    DENY,
    Choice,
    Held,
    Question,
    held_by,
    stopped_by,
)
from tests.core.model.builders import NOON
from tests.support.projects import ADA, AGENT, Project

ASKED = Question(
    id="",
    kind="limit",
    about="r-1/t1",
    key="k",
    text="wait?",
    choices=(Choice(id="retry", label="Try again"), Choice(id="stop", label="Stop")),
    asked_at=NOON,
    until=NOON + timedelta(seconds=60),
)


def asked(project: Project, **changes: object) -> Question:
    question = ASKED.model_copy(update=changes)
    return project.engine.store.transact(lambda tx: put_question(tx, question))


def ended(project: Project, act: Callable[..., Question], *arguments: object) -> Question:
    return project.engine.store.transact(lambda tx: act(tx, *arguments))


def test_the_same_question_is_asked_once_while_it_is_open(project: Project) -> None:
    first = asked(project)
    assert first.id.startswith("q-")
    assert asked(project).id == first.id
    others = [asked(project, key="l"), asked(project, about="r-1"), asked(project, kind="doubt")]
    assert len({first.id, *(each.id for each in others)}) == 4
    ended(project, end_without_answer, first, NOON)
    assert asked(project).id != first.id


def test_the_first_answer_counts_and_is_signed(project: Project) -> None:
    question = asked(project)
    answered = ended(project, give_answer, question, "retry", ADA, NOON)
    assert (answered.answer, answered.ended_by, answered.is_open) == ("retry", ADA, False)
    assert is_answer_signed_here(answered)
    assert not is_answer_signed_here(answered.model_copy(update={"answer": "stop"}))
    with pytest.raises(StateTransitionError, match="no longer open: it was answered with retry"):
        ended(project, give_answer, question, "stop", ADA, NOON)
    assert ended(project, end_without_answer, question, NOON) == answered


def test_an_answer_is_one_of_the_choices(project: Project) -> None:
    question = asked(project)
    with pytest.raises(ValidationError) as caught:
        ended(project, give_answer, question, "yes", ADA, NOON)
    assert caught.value.hints == tuple(
        f"podium answer {question.id} {each}" for each in ("retry", "stop")
    )


def test_only_a_person_answers_in_any_face(project: Project) -> None:
    question = asked(project)
    with pytest.raises(NotApproved):
        project.ask("question.answer", by=AGENT, question=question.id, choice="retry")
    assert project.ask("question.list").questions == (question,)
    assert project.ask("question.list").next == f"podium answer {question.id} retry"
    answered = project.ask("question.answer", question=question.id[:4], choice="retry")
    assert answered.answer == "retry"
    assert project.ask("question.list").questions == ()
    assert project.ask("question.list", ended=True).questions == (answered,)
    with pytest.raises(QuestionNotFound):
        find_question(project.engine.store, "")


@pytest.mark.parametrize(
    ("seconds", "is_due"),
    [(0, False), (59, False), (60, True), (3600, True), (-1, False)],
    ids=["asked", "before", "at the time", "after", "clock set back"],
)
def test_time_ends_a_question(seconds: float, *, is_due: bool) -> None:
    now = NOON + timedelta(seconds=seconds)
    assert (ASKED.seconds_left(now) == 0.0) is is_due
    assert ASKED.seconds_left(now) == min(60.0, max(0.0, 60.0 - seconds))
    assert ASKED.model_copy(update={"until": None}).seconds_left(now) == float("inf")


def test_open_questions_hold_their_task_or_their_run(project: Project) -> None:
    asked(project)
    later = NOON + timedelta(hours=1)
    asked(project, about="r-1/t2", until=later)
    of_run = asked(project, about="r-1", until=None)
    asked(project, about="r-2")
    rows = all_questions(project.engine.store, "r-1")
    assert held_by(rows) == Held(frozenset({"t1", "t2"}), run=True, until=ASKED.until)
    ended(project, end_without_answer, of_run, NOON)
    rows = all_questions(project.engine.store, "r-1")
    assert held_by(rows) == Held(frozenset({"t1", "t2"}), run=False, until=ASKED.until)
    assert held_by([]) == Held()


def permission(project: Project, **changes: object) -> Question:
    choices = tuple(Choice(id=each, label=each) for each in (ALLOW_ONCE, ALLOW_TASK, DENY))
    return asked(project, kind="permission", action="command", choices=choices, **changes)


@pytest.mark.promise("X2.per-action")
def test_an_agent_that_waits_for_a_permission_does_not_stop_its_task(project: Project) -> None:
    permission(project)
    rows = all_questions(project.engine.store, "r-1")
    assert held_by(rows).tasks == {"t1"}
    assert stopped_by(rows) == Held()


@pytest.mark.promise("X2.per-action")
def test_a_permission_cannot_be_given_after_its_time(project: Project) -> None:
    question = permission(project)
    with pytest.raises(StateTransitionError, match="its time is over"):
        ended(project, give_answer, question, ALLOW_ONCE, ADA, NOON + timedelta(seconds=60))
    before = NOON + timedelta(seconds=59)
    assert ended(project, give_answer, question, ALLOW_ONCE, ADA, before).answer == ALLOW_ONCE


@pytest.mark.promise("X2.per-action")
def test_only_a_person_revokes_and_only_what_was_allowed_for_a_task(project: Project) -> None:
    once, for_task = permission(project, key="a"), permission(project, key="b")
    ended(project, give_answer, once, ALLOW_ONCE, ADA, NOON)
    given = ended(project, give_answer, for_task, ALLOW_TASK, ADA, NOON)
    assert remembered(all_questions(project.engine.store)) == [given]
    with pytest.raises(NotApproved):
        project.ask("question.revoke", by=AGENT, question=given.id)
    with pytest.raises(StateTransitionError, match="gives no permission that could be revoked"):
        project.ask("question.revoke", question=once.id)
    revoked = project.ask("question.revoke", question=given.id)
    assert (revoked.answer, revoked.revoked_by) == (ALLOW_TASK, ADA)
    assert remembered(all_questions(project.engine.store)) == []


@pytest.mark.promise("X2.per-action")
def test_a_permission_that_was_written_by_hand_is_not_remembered(project: Project) -> None:
    given = ended(project, give_answer, permission(project), ALLOW_TASK, ADA, NOON)
    assert remembered([given]) == [given]
    assert remembered([given.model_copy(update={"action": "network"})]) == []
    assert remembered([given.model_copy(update={"about": "r-1/t2"})]) == []
