"""Finds the answers of people to questions about criteria, and turns them into evidence."""

from collections.abc import Sequence

from podium.entities.access import Reader
from podium.entities.questions import all_questions
from podium.entities.signing import is_answer_signed_here
from podium.model.plans import Task
from podium.model.progress import UNCHANGED, Evidence, WordGiven
from podium.model.questions import Question
from podium.model.runs import Attempt, Run

MET, NOT_MET = "met", "not-met"
UNCHANGED_KEY = "/unchanged"
"""Identifies the question about a change of no files; no criterion can have this id."""


def key_start(attempt: Attempt) -> str:
    """Return the beginning of the keys of an attempt's questions about criteria."""
    return f"{attempt.number}/confirm/"


def key_of(attempt: Attempt, subject: str) -> str:
    """Return the key of an attempt's question about a criterion."""
    return key_start(attempt) + subject


def answered(question: Question) -> str:
    """Return the answer that a person on this machine gave; empty if there is none."""
    return question.answer if is_answer_signed_here(question) else ""


def words_given(reader: Reader, run: Run, task: Task, attempt: Attempt) -> tuple[Evidence, ...]:
    """Return the word of each person who confirmed a criterion of an attempt."""
    about = f"{run.id}/{task.id}"
    own = [each for each in all_questions(reader, run.id) if each.about == about]
    known = {key_of(attempt, each.id): each.id for each in task.acceptance}
    known[key_of(attempt, UNCHANGED_KEY)] = UNCHANGED
    return tuple(_words(own, known))


def _words(questions: Sequence[Question], known: dict[str, str]) -> list[Evidence]:
    rows: list[Evidence] = []
    for each in questions:
        criterion = known.get(each.key, "")
        if not criterion or answered(each) != MET or each.ended_by is None or not each.ended_at:
            continue
        text = "no file had to change" if criterion == UNCHANGED else f"answered {each.id}"
        shown = WordGiven(text=text)
        rows.append(Evidence(criterion=criterion, shown=shown, by=each.ended_by, at=each.ended_at))
    return rows
