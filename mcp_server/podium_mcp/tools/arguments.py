"""Kinds of arguments that several tools take.

Limits are part of the validation and not of the schema where a host need not know them.
"""

from typing import Annotated, Any

from pydantic import AfterValidator


def at_most(limit: int) -> AfterValidator:
    """Return what refuses a longer text."""

    def check(value: str) -> str:
        if len(value) > limit:
            raise ValueError(f"at most {limit} characters")
        return value

    return AfterValidator(check)


def few(values: list[Any], limit: int) -> list[Any]:
    """Return the values when there are not more than the limit.

    Raises:
        ValueError: there are more.
    """
    if len(values) > limit:
        raise ValueError(f"at most {limit} items")
    return values


Id = Annotated[str, at_most(100)]
Line = Annotated[str, at_most(200)]
Text = Annotated[str, at_most(20_000)]
Cursor = Annotated[str, at_most(200)]
Files = Annotated[list[Annotated[str, at_most(1024)]], AfterValidator(lambda v: few(v, 200))]
