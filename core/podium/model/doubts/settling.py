"""Pure rules: which doubts are open, and who is asked next."""

from collections.abc import Iterable, Mapping, Sequence

from podium.model.doubts.values import (
    AnsweredDoubt,
    Doubt,
    DoubtJudge,
    GivenAnswer,
    WhoIsAsked,
)


def answers_by_key(answers: Iterable[AnsweredDoubt]) -> dict[str, AnsweredDoubt]:
    """Return the answer that counts for each doubt: a confirmation, or else the latest one."""
    found: dict[str, AnsweredDoubt] = {}
    for each in answers:
        known = found.get(each.doubt.key)
        if known is None or not known.settles:
            found[each.doubt.key] = each
    return found


def confirmed(
    doubts: Iterable[Doubt], answers: Mapping[str, GivenAnswer]
) -> tuple[AnsweredDoubt, ...]:
    """Return the doubts that a known answer settles, with that answer."""
    return tuple(
        AnsweredDoubt(doubt=each, answer=known.answer, at=known.at)
        for each in doubts
        if (known := answers.get(each.key)) is not None and known.settles
    )


def who_is_asked(
    doubts: Sequence[Doubt], answers: Mapping[str, GivenAnswer], judge: DoubtJudge
) -> WhoIsAsked:
    """Return who is asked next about open doubts; the writer is asked once about each of them.

    Args:
        doubts: the open doubts of an attempt.
        answers: the answers in this attempt, and those of a judge in earlier ones.
        judge: who decides about what the writer leaves open.
    """
    if not doubts:
        return WhoIsAsked.NO_ONE
    if any(each.key not in answers for each in doubts):
        return WhoIsAsked.WRITER
    if judge is DoubtJudge.AGENT or any(answers[each.key].rejects for each in doubts):
        return WhoIsAsked.NO_ONE
    return WhoIsAsked.JUDGE


def numbered(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Return the doubts, with numbers that distinguish equal ones."""
    seen: dict[str, int] = {}
    found: list[Doubt] = []
    for each in doubts:
        nth = seen[each.key] = seen.get(each.key, 0) + 1
        found.append(each if nth == 1 else each.model_copy(update={"nth": nth}))
    return tuple(found)
