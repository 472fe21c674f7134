"""question.list: list the questions that hold tasks and runs."""

from pydantic import Field

from podium.entities.answers.permissions import in_force
from podium.entities.questions import all_questions
from podium.model.base import Frozen
from podium.model.questions import Question
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.views.next_steps import as_command, question_steps, step
from podium.views.steps import Step


class ListParams(Frozen):
    """Parameters of `question.list`."""

    run: str = Field(default="", description="only questions about this run; by default all")
    ended: bool = Field(default=False, description="include questions that have ended")
    remembered: bool = Field(
        default=False, description="only permissions that were given for a whole task and hold"
    )


class Questions(Frozen):
    """Questions, oldest first."""

    questions: tuple[Question, ...]
    next: str
    """The command that gives the usual answer; empty if no question is open."""
    remembered: bool = False
    """Whether these are permissions that hold for the rest of their tasks."""
    next_steps: tuple[Step, ...] = Field(default=(), exclude=True)
    """The possible answers to the oldest open question, the usual one first."""


@operation("question.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> Questions:  # noqa: A001 - the verb
    """List the questions that hold a task or a run, with their possible answers."""
    found = all_questions(engine.store, params.run)
    if params.remembered:
        kept = in_force(engine.store, found)
        revoke = tuple(step("question.revoke", question=each.id) for each in kept)
        next_command = as_command(revoke) if revoke else ""
        return Questions(questions=kept, next=next_command, remembered=True, next_steps=revoke)
    shown = tuple(each for each in found if params.ended or each.is_open)
    first = next((each for each in shown if each.is_open), None)
    steps = question_steps(first) if first else ()
    next_command = as_command(steps) if steps else ""
    return Questions(questions=shown, next=next_command, next_steps=steps)
