"""A next step as a value; each face phrases it itself."""

from pydantic import Field, JsonValue

from podium.model.base import Frozen


class Step(Frozen):
    """An operation and its parameters."""

    operation: str
    params: dict[str, JsonValue] = Field(default_factory=dict)
