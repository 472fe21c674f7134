"""Locks of open files exclude one another, also between openings of one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.platform.file_lock import lock, unlock


@pytest.fixture
def openings(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Open one file twice and give both descriptors."""
    with (tmp_path / "lock").open("w") as one, (tmp_path / "lock").open("w") as other:
        yield one.fileno(), other.fileno()


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_only_two_shared_locks_go_together(
    openings: tuple[int, int], first: bool, second: bool
) -> None:
    one, other = openings
    assert lock(one, shared=first)
    assert lock(other, shared=second, block=False) is (first and second)
    unlock(one)
    assert lock(other, shared=second, block=False)
