"""Doubts: what identifies one, which are open, and who is asked next."""

from datetime import UTC, datetime

import pytest

from podium.model.doubts import (
    AnsweredDoubt,
    Doubt,
    DoubtAnswer,
    DoubtJudge,
    LeftOpen,
    PersonAnswer,
    TaskAnswer,
    WhoIsAsked,
    WriterAnswer,
)
from podium.model.doubts.settling import answers_by_key, confirmed, numbered, who_is_asked
from podium.model.events import Actor

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ADA = Actor(kind="person", name="ada", face="cli")
DOUBT = Doubt(code="stub", path="a.py", line=3, message="`f` is a stub", text="def f():")
OPEN = LeftOpen(agent="one")
YES = WriterAnswer(agent="one", reason="b.py has it")
NO = PersonAnswer(by=ADA, confirmed=False)


def answered(answer: DoubtAnswer, doubt: Doubt = DOUBT) -> AnsweredDoubt:
    return AnsweredDoubt(doubt=doubt, answer=answer, at=NOW)


@pytest.mark.promise("V6.confirmed")
@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"line": 30}, True),
        ({"must_complete": True}, True),
        ({"text": "def f(x):"}, False),
        ({"message": "`g` is a stub"}, False),
        ({"path": "b.py"}, False),
        ({"code": "hollowed"}, False),
        ({"nth": 2}, False),
    ],
)
def test_a_doubt_is_known_by_its_text(changes: dict[str, object], *, is_same: bool) -> None:
    other = DOUBT.model_copy(update=changes)
    assert (other.key == DOUBT.key) is is_same


def test_line_numbers_in_a_message_do_not_identify_a_doubt() -> None:
    first, second = (
        DOUBT.model_copy(update={"message": f"the same lines as in line {number}"})
        for number in (7, 9)
    )
    assert first.key == second.key


@pytest.mark.promise("V6.confirmed")
def test_one_answer_does_not_settle_an_equal_doubt() -> None:
    first, second = numbered([DOUBT, DOUBT.model_copy(update={"line": 9})])
    assert first == DOUBT
    answers = answers_by_key([answered(YES, first)])
    assert [each.doubt.line for each in confirmed((first, second), answers)] == [3]


@pytest.mark.promise("V6.confirmed")
@pytest.mark.parametrize(
    ("given", "judge", "expected"),
    [
        ((), DoubtJudge.AGENT, WhoIsAsked.WRITER),
        ((), DoubtJudge.PERSON, WhoIsAsked.WRITER),
        ((OPEN,), DoubtJudge.AGENT, WhoIsAsked.NO_ONE),
        ((OPEN,), DoubtJudge.AUDITOR, WhoIsAsked.JUDGE),
        ((OPEN,), DoubtJudge.PERSON, WhoIsAsked.JUDGE),
        ((OPEN, NO), DoubtJudge.PERSON, WhoIsAsked.NO_ONE),
        ((NO,), DoubtJudge.PERSON, WhoIsAsked.NO_ONE),
    ],
)
def test_each_is_asked_once(
    given: tuple[DoubtAnswer, ...], judge: DoubtJudge, expected: WhoIsAsked
) -> None:
    answers = answers_by_key(answered(each) for each in given)
    assert who_is_asked([DOUBT], answers, judge) is expected


def test_a_confirmation_is_not_replaced_by_a_later_answer() -> None:
    answers = answers_by_key([answered(OPEN), answered(YES), answered(OPEN)])
    assert answers[DOUBT.key].answer == YES


@pytest.mark.promise("V6.evidence")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TaskAnswer(sentence="Add a stub."), "the task says: Add a stub."),
        (YES, "confirmed by one, which wrote it: b.py has it"),
        (PersonAnswer(by=ADA, confirmed=True), "confirmed by person ada"),
        (NO, "rejected by person ada"),
        (LeftOpen(agent="one", why="no reply"), "left open by one: no reply"),
    ],
)
def test_evidence_names_the_author_and_the_reason(answer: DoubtAnswer, words: str) -> None:
    found = AnsweredDoubt.model_validate_json(answered(answer).model_dump_json())
    assert found.sentence == f"a.py:3: `f` is a stub ({words})"
