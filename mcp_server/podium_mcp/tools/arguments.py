"""Argument types shared by several tools.

Limits are enforced but omitted from the schema, because hosts do not need them there.
"""

from typing import Annotated, Any

from pydantic import AfterValidator


def at_most(limit: int) -> AfterValidator:
    """Return a validator that rejects strings longer than `limit`."""

    def check(value: str) -> str:
        if len(value) > limit:
            raise ValueError(f"must have at most {limit} characters")
        return value

    return AfterValidator(check)


def few(values: list[Any], limit: int) -> list[Any]:
    """Reject lists of more than `limit` values.

    Raises:
        ValueError: there are more values.
    """
    if len(values) > limit:
        raise ValueError(f"must have at most {limit} items")
    return values


Id = Annotated[str, at_most(100)]
Line = Annotated[str, at_most(200)]
Text = Annotated[str, at_most(20_000)]
Cursor = Annotated[str, at_most(200)]
Files = Annotated[list[Annotated[str, at_most(1024)]], AfterValidator(lambda v: few(v, 200))]
