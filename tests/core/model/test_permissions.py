"""Questions of a call and stored questions, in any order of what people and processes do."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.model.agents import ActionAnswer, ActionQuestion, AskKind
from podium.model.questions import ALLOW_ONCE, ALLOW_TASK, DENY, Question
from podium.model.rules.permissions import match_questions, question_key
from tests.core.model.builders import NOON, PERSON

CALL = "r-1/t1/1/execute"
CHOICES = (ALLOW_ONCE, ALLOW_TASK, DENY)


@dataclass
class World:
    """The call's questions, the stored ones, and the answers that the call has received."""

    asked: list[ActionQuestion] = field(default_factory=list[ActionQuestion])
    stored: list[Question] = field(default_factory=list[Question])
    forged: set[str] = field(default_factory=set[str])
    received: dict[str, ActionAnswer] = field(default_factory=dict[str, ActionAnswer])
    allowed_by_person: set[str] = field(default_factory=set[str])
    count: int = 0

    def ask(self, kind: AskKind) -> None:
        self.count += 1
        name = f"{self.count:032x}"
        until = NOON + timedelta(seconds=60)
        self.asked.append(
            ActionQuestion(id=name, kind=kind, content="ls", asked_at=NOON, until=until)
        )

    def die(self) -> None:
        """Lose the shim, and with it what the call asked."""
        self.asked.clear()

    def answer(self, choice: str, *, forge: bool) -> None:
        for index, each in enumerate(self.stored):
            if each.is_open:
                changed = {"answer": choice, "ended_at": NOON, "ended_by": PERSON}
                self.stored[index] = each.model_copy(update=changed)
                if forge:
                    self.forged.add(each.id)
                return

    def revoke(self) -> None:
        self.stored = [
            each.model_copy(update={"revoked_at": NOON}) if each.is_remembered else each
            for each in self.stored
        ]

    def time_out(self) -> None:
        self.stored = [
            each.model_copy(update={"ended_at": NOON}) if each.is_open else each
            for each in self.stored
        ]

    def relay(self, *, dies_after_storing: bool) -> None:
        """Do what a runner does; it may die before it has passed the answers on."""
        genuine = {each.id for each in self.stored if each.answer} - self.forged
        due = match_questions(CALL, self.asked, self.stored, genuine)
        for each in due.end:
            self.stored[self.stored.index(each)] = each.model_copy(update={"ended_at": NOON})
        for asked in due.store:
            self.stored.append(
                Question(
                    id=f"q-{len(self.stored)}",
                    kind="permission",
                    about="r-1/t1",
                    key=question_key(CALL, asked),
                    text="may it?",
                    asked_at=NOON,
                    action=asked.kind,
                )
            )
        if dies_after_storing:
            return
        for name, answer in due.answers:
            self._check(name, answer)
            self.received.setdefault(name, answer)
            self.asked = [each for each in self.asked if each.id != name]

    def _check(self, name: str, answer: ActionAnswer) -> None:
        """An answer allows only what a person on this machine allowed, once or for the task."""
        (question,) = [each for each in self.asked if each.id == name]
        own = [each for each in self.stored if each.key == question_key(CALL, question)]
        own_allow = [
            each
            for each in own
            if each.answer in (ALLOW_ONCE, ALLOW_TASK) and each.id not in self.forged
        ]
        kept = [
            each
            for each in self.stored
            if each.is_remembered and each.action == question.kind and each.id not in self.forged
        ]
        assert not answer.allowed or own_allow or kept
        assert answer.reason


steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(AskKind)),
        st.tuples(st.just("answer"), st.sampled_from(CHOICES), st.booleans()),
        st.tuples(st.sampled_from(("die", "revoke", "time_out"))),
        st.tuples(st.just("relay"), st.booleans()),
    ),
    max_size=30,
)


@pytest.mark.promise("X2.per-action", "R7.kill")
@given(steps)
def test_an_answer_allows_only_what_a_person_allowed(steps: list[tuple[object, ...]]) -> None:
    world = World()
    for step in steps:
        match step:
            case ("ask", AskKind() as kind):
                world.ask(kind)
            case ("answer", str(choice), bool(forge)):
                world.answer(choice, forge=forge)
            case ("relay", bool(dies)):
                world.relay(dies_after_storing=dies)
            case (str(name),):
                getattr(world, name)()
            case _:
                raise AssertionError(step)
        keys = [each.key for each in world.stored]
        assert len(keys) == len(set(keys)), "no question is stored twice"
    world.relay(dies_after_storing=False)
    waiting = {question_key(CALL, each) for each in world.asked}
    assert {each.key for each in world.stored if each.is_open} == waiting


def test_a_call_is_not_answered_with_the_questions_of_another() -> None:
    world = World()
    world.ask(AskKind.COMMAND)
    world.relay(dies_after_storing=False)
    world.answer(ALLOW_ONCE, forge=False)
    other = replace(world, received={})
    due = match_questions("r-1/t1/2/execute", other.asked, other.stored, {"q-0"})
    assert (due.answers, len(due.store)) == ((), 1)
