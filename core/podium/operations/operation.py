"""What an operation is; must not know any of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from inspect import cleandoc
from typing import Any, Generic, TypeVar, get_type_hints

from podium.errors import InternalError
from podium.model.base import Frozen
from podium.operations.engine import Engine, Place

P = TypeVar("P", bound=Frozen)
R = TypeVar("R", bound=Frozen)
N = TypeVar("N", Engine, Place)


class Effect(StrEnum):
    """What an operation does to the world."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"
    """Takes something away, or changes the user's checkout."""
    LONG = "long"
    """May take minutes: calls an agent, or starts a run."""


@dataclass(frozen=True)
class Operation(Generic[P, R]):
    """One thing that a face can ask.

    Args:
        id: `noun.verb`, also the module's name below this package.
        summary: the first line of the function's docstring.
        effect: what it does to the world.
        params: the model of what is asked.
        result: the model of the answer.
        needs: `Engine`, or `Place` for the few that work outside of a project.
        run: the function.
    """

    id: str
    summary: str
    effect: Effect
    params: type[P]
    result: type[R]
    needs: type[Engine] | type[Place]
    run: Callable[[Any, P], Awaitable[R]]


def operation(
    id: str,  # noqa: A002 - the field's own name
    effect: Effect,
) -> Callable[[Callable[[N, P], Awaitable[R]]], Operation[P, R]]:
    """Turn `async def verb(engine: Engine, params: Params) -> Result` into an operation."""

    def wrap(function: Callable[[N, P], Awaitable[R]]) -> Operation[P, R]:
        if not function.__doc__:
            raise InternalError(f"The operation {id} has no docstring")
        hints = get_type_hints(function)
        first, second = list(hints)[:2]
        return Operation(
            id=id,
            summary=cleandoc(function.__doc__).splitlines()[0],
            effect=effect,
            params=hints[second],
            result=hints["return"],
            needs=hints[first],
            run=function,
        )

    return wrap
