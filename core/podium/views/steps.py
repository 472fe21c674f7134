"""What can be done next, as a value; each face words it in its own way."""

from pydantic import Field, JsonValue

from podium.model.base import Frozen


class Step(Frozen):
    """An operation with the parameters to ask it with."""

    operation: str
    params: dict[str, JsonValue] = Field(default_factory=dict)
