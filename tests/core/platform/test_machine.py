"""What an error says about the machine."""

import pytest

from podium.errors import GitError
from podium.platform.machine import refusal_in


def raised_from_its_group(error: Exception) -> Exception:
    """Return an error that was raised from the group of a task group that contains it."""
    group = ExceptionGroup("unhandled errors in a TaskGroup", [error])
    with pytest.raises(type(error)) as caught:
        raise error from group
    return caught.value


@pytest.mark.promise("W7.run-error")
def test_the_causes_of_an_error_that_is_among_them_are_looked_at_once() -> None:
    assert refusal_in(raised_from_its_group(GitError("The worktree is gone"))) is None
