"""The soak test, for half an hour or `make torture MINUTES=…`."""

import json
import sys

import pytest

from tests.lsp_server.soak import Figures, soak
from tests.support import torture
from tests.support.projects import Project

SECONDS = min(1800.0, torture.MINUTES * 60)
MOST_GROWTH_MIB = 16.0
MOST_GROWTH_OF_CHECKERS_MIB = 48.0
"""They hold the texts that are open, of which there are more and longer ones at one time."""
MOST_AT_REST = 0.5


def check(figures: Figures) -> None:
    assert figures.unanswered == 0
    assert figures.stale == []
    assert figures.requests
    assert figures.published


@pytest.mark.promise("L1.edits")
def test_a_few_seconds_of_a_day_leave_nothing_behind(project: Project) -> None:
    check(soak(project, seconds=4, rest_seconds=0))


@pytest.mark.torture
@pytest.mark.promise("L1.edits")
def test_half_an_hour_leaves_nothing_behind_and_memory_flat(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = soak(project, SECONDS, rest_seconds=60, seed=torture.SEED)
    with capsys.disabled():
        sys.stdout.write(f"\n{json.dumps(figures.shown(), indent=2)}\n")
    check(figures)
    assert figures.runs
    assert figures.growth(1) < MOST_GROWTH_MIB
    assert figures.growth(2) < MOST_GROWTH_OF_CHECKERS_MIB
    assert figures.idle_percent < MOST_AT_REST
