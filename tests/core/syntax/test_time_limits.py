"""The limits of a check grow with the file, and allow for a busy machine."""

import os

import pytest

from podium.syntax.time_limits import processor_seconds, wall_seconds

MEGABYTE = 1024 * 1024


def test_a_larger_file_may_take_more_time() -> None:
    assert processor_seconds(2, 1_000) == 2
    assert processor_seconds(2, 2 * MEGABYTE) == 16


def test_a_busy_machine_gets_more_time_by_the_clock_but_never_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits: list[float] = []
    for load in (0.0, 6.0, 1_000.0):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (load, load, load))
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        limits.append(wall_seconds(1, 1_000))
    assert limits == [4, 12, 32]
