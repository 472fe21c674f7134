"""prompt.form: return the next question to ask before an operation can run."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, JsonValue
from pydantic.fields import FieldInfo

from podium.agents.selection import resolve_chain
from podium.entities.questions import find_question
from podium.errors import AgentUnavailable, ValidationError
from podium.model.agents import Role
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, Operation, operation
from podium.operations.prompt.choices import (
    KINDS,
    Choice,
    ChoicesParams,
    choices,
    fixed_choices,
    operation_named,
    usable_agents,
)
from podium.words import joined


class FormParams(Frozen):
    """Parameters of `prompt.form`."""

    operation: str = Field(description="id of the operation")
    given: dict[str, JsonValue] = Field(
        default_factory=dict, description="the parameters that are already known"
    )
    asked: tuple[str, ...] = Field(
        default=(),
        description="parameters already asked for, even if they were left empty",
    )


class Question(Frozen):
    """The next question to ask."""

    name: str
    """The parameter to fill in."""
    prompt: str
    kind: Literal["text", "choice", "file"]
    choices: tuple[Choice, ...] = ()
    optional: bool = False


class Form(Frozen):
    """The state of a form for an operation's parameters."""

    title: str
    effect: str
    """The effect of the operation: read, write, destructive or long."""
    accepts: tuple[str, ...]
    """Names of the operation's parameters."""
    question: Question | None
    """None if the form is complete."""


_ASKED: Mapping[str, tuple[str, ...]] = {
    "plan.create": ("agent", "objective"),
    "plan.export": ("format",),
    "task.update": ("task", "state", "reason"),
    "finding.export": ("format",),
    "session.create": ("title", "type"),
    "session.update": ("session", "message"),
    "thought.add": ("text",),
}
"""Parameters that people usually want to set, in addition to the required ones."""

_OF_USABLE_AGENTS = frozenset({"plan.create", "agent.test", "agent.rest", "agent.wake"})
"""Operations whose agent must be usable here; the others also take new names or several."""
_BROUGHT = frozenset({"tasks", "reply", "options"})
"""Parameters with which a plan needs no architect, or one that the person has named."""


@operation("prompt.form", Effect.READ)
async def form(engine: Engine, params: FormParams) -> Form:
    """Return the next question for an operation's parameters.

    Raises:
        ValidationError: the operation does not exist.
    """
    return await form_of(engine, params)


async def form_of(engine: Engine | None, params: FormParams) -> Form:
    """Return the next question; outside a project, offer only fixed values."""
    asked = operation_named(params.operation)
    skipped = {*params.given, *params.asked}
    question = None
    for name, field in _fields(asked):
        if name not in skipped:
            question = await _question(engine, asked, name, field, params.given)
        if question is not None:
            break
    return Form(
        title=asked.summary,
        effect=str(asked.effect),
        accepts=tuple(asked.params.model_fields),
        question=question,
    )


def _fields(asked: Operation[Any, Any]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the parameters to ask for, in order."""
    known = asked.params.model_fields
    first = [name for name in known if known[name].is_required() or name in KINDS]
    for name in dict.fromkeys([*first, *_ASKED.get(asked.id, ())]):
        yield name, known[name]


async def _question(
    engine: Engine | None,
    asked: Operation[Any, Any],
    name: str,
    field: FieldInfo,
    given: dict[str, JsonValue],
) -> Question | None:
    optional = not field.is_required()
    prompt = _sentence(field.description or name)
    if engine is not None and (asked.id, name) == ("question.answer", "choice"):
        question = find_question(engine.store, str(given.get("question", "")))
        prompt = joined(question.text, question.quoted, sign=": ")
    if engine is None:
        found = fixed_choices(field.annotation)
    else:
        if name == "agent" and asked.id in _OF_USABLE_AGENTS:
            return await _agent(engine, asked, prompt, given)
        of_what = ChoicesParams(operation=asked.id, parameter=name, given=given)
        offered = await choices.run(engine, of_what)
        # If other values are also valid, let the person type one.
        found = offered.choices if offered.closed else ()
        if name in KINDS and optional and len(found) <= 1:
            # The operation uses the only value, or explains why it has no values.
            return None
    if found:
        return Question(name=name, prompt=prompt, kind="choice", choices=found, optional=optional)
    kind: Literal["file", "text"] = "file" if name == "path" else "text"
    return Question(name=name, prompt=prompt, kind=kind, optional=optional)


async def _agent(
    engine: Engine, asked: Operation[Any, Any], prompt: str, given: Mapping[str, JsonValue]
) -> Question | None:
    """Return the question for an agent; None if a plan is created and its architect is known.

    Raises:
        AgentUnavailable: no agent can be used here; asked first, so that nothing is typed in vain.
    """
    if asked.id == "plan.create" and (not _BROUGHT.isdisjoint(given) or _has_architect(engine)):
        return None
    found = await usable_agents(engine)
    return Question(name="agent", prompt=prompt, kind="choice", choices=found)


def _has_architect(engine: Engine) -> bool:
    try:
        resolve_chain(engine.root, engine.config.config, Role.ARCHITECT, None)
    except (AgentUnavailable, ValidationError):
        return False
    return True


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
