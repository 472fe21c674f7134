"""The definition of an operation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Generic, TypeVar, get_type_hints

from podium.errors import InternalError
from podium.model.base import Frozen
from podium.operations.confirmation import Confirmation
from podium.operations.effect import Effect
from podium.operations.engine import Engine, Place
from podium.views.steps import Step

__all__ = ["Confirm", "Effect", "Operation", "operation"]

P = TypeVar("P", bound=Frozen)
R = TypeVar("R", bound=Frozen)
N = TypeVar("N", Engine, Place)

Consents = Callable[[Any, Any], tuple[Step, ...]]
"""Returns the operations by which a person can give the evidence that an operation lacks."""

Confirm = Callable[[Any, Any], Awaitable[Confirmation | None]]
"""Returns the question to ask a person before the operation runs, or None if none is needed."""


@dataclass(frozen=True)
class Operation(Generic[P, R]):
    """A request that a face can make.

    Args:
        id: `noun.verb`, also the name of the module in this package.
        summary: the first line of the function's docstring.
        effect: what the operation changes.
        params: the model of the parameters.
        result: the model of the result.
        needs: `Engine`, or `Place` for operations that also work outside a project.
        run: the function.
        confirm: creates the question to ask first; None if the operation never asks.
        consents: names the operations that ask a person if evidence is missing.
    """

    id: str
    summary: str
    effect: Effect
    params: type[P]
    result: type[R]
    needs: type[Engine] | type[Place]
    run: Callable[[Any, P], Awaitable[R]]
    confirm: Confirm | None = None
    consents: Consents | None = None


def operation(
    id: str,  # noqa: A002 - the field's own name
    effect: Effect,
    *,
    confirm: Confirm | None = None,
    consents: Consents | None = None,
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
            confirm=confirm,
            consents=consents,
        )

    return wrap
