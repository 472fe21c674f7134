"""The tree of errors: every one can be told apart, and says what, why and what next."""

import inspect

import pytest

from podium import errors
from podium.errors import InvalidPlan, PodiumError

# The exit codes as the command line documents them.
EXIT_CODES = {
    errors.UserError: 2,
    errors.InvalidReply: 6,
    errors.NotFoundError: 3,
    errors.ConflictError: 4,
    errors.ToolError: 5,
    errors.AgentFailed: 6,
    errors.InternalError: 70,
}

ALL = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, PodiumError) and each is not PodiumError
]


@pytest.mark.promise("W4")
@pytest.mark.parametrize("error", ALL, ids=lambda each: each.__name__)
def test_every_error_has_a_code_of_its_own_and_the_exit_code_of_its_family(
    error: type[PodiumError],
) -> None:
    assert [each for each in ALL if each.code == error.code] == [error]
    family = next(each for each in error.__mro__ if each in EXIT_CODES)
    assert error.exit_code == EXIT_CODES[family]
    assert error.__name__ in (errors.__doc__ or ""), "the drawing in the docstring lacks it"


@pytest.mark.promise("W4")
def test_an_error_keeps_its_three_parts_and_shows_two_in_a_line() -> None:
    error = PodiumError("It fell", why="the table is small", hints=["pick it up", "leave it"])
    assert (error.what, error.why) == ("It fell", "the table is small")
    assert error.hints == ("pick it up", "leave it")
    assert str(error) == "It fell: the table is small"
    assert str(PodiumError("It fell")) == "It fell"


@pytest.mark.promise("P1.strict")
@pytest.mark.parametrize(("count", "said"), [(1, "1 problem"), (3, "3 problems")])
def test_an_invalid_plan_carries_every_problem(count: int, said: str) -> None:
    error = InvalidPlan([f"problem {number}" for number in range(count)])
    assert error.what == f"The plan has {said}"
    assert error.problems == tuple(f"problem {number}" for number in range(count))
    assert error.why == "; ".join(error.problems)
