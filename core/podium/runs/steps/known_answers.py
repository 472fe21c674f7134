"""The answers to doubts that are known when an attempt is checked."""

from podium.entities.answers.doubts import doubt_questions, people_by_key
from podium.model.doubts import GivenAnswer
from podium.model.rules.doubts import answers_in
from podium.model.runs import TaskRun
from podium.runs.context import RunContext


def known_answers(context: RunContext, record: TaskRun) -> dict[str, GivenAnswer]:
    """Return the answers of the task's attempts and of people, by the key of the doubt."""
    found: dict[str, GivenAnswer] = dict(answers_in(record))
    return found | people_by_key(doubt_questions(context.store, about(context, record)))


def about(context: RunContext, record: TaskRun) -> str:
    """Return what questions about the doubts of a task hold."""
    return f"{context.run.id}/{record.task_id}"
