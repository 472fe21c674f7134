"""Tests on a busy machine: processes that only spin run beside them, and a draw is run of them.

`pytest --spinners 24 --draw 40 --date 2026-11-30` runs forty tests that the date draws among those
that were collected; without a draw all of them.
"""

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

# A spinner is adopted by another process when the one that started it ends, even if it is killed.
_SPIN = """\
import os, sys
while os.getppid() == int(sys.argv[1]):
    for _ in range(100_000):
        pass
"""


class Spinners:
    """Processes that keep the processor busy until they are ended, or until this one has ended.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        command = [sys.executable, "-I", "-S", "-c", _SPIN, str(os.getpid())]
        silent = subprocess.DEVNULL
        self._processes = [
            subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent)
            for _ in range(count)
        ]

    @property
    def pids(self) -> list[int]:
        """Return the ids of those that have not been ended."""
        return [each.pid for each in self._processes]

    def end(self) -> None:
        """Kill all of them and wait until they are gone."""
        for each in self._processes:
            each.kill()
        for each in self._processes:
            each.wait()
        self._processes.clear()


def drawn(names: Sequence[str], count: int, date: str) -> set[str]:
    """Return the names that a date draws; the order that they come in does not matter."""
    known = sorted(names)
    return set(random.Random(date).sample(known, min(count, len(known))))


def add_options(parser: pytest.Parser) -> None:
    """Add the options of this module."""
    group = parser.getgroup("busy", "tests on a busy machine")
    group.addoption("--spinners", type=int, default=0, help="processes that spin beside the tests")
    group.addoption("--draw", type=int, default=0, help="run so many of the tests, drawn by date")
    group.addoption("--date", default="", help="the date that draws; today by default")


def configure(config: pytest.Config) -> None:
    """Settle the date before other processes are told of it, and register what was asked for."""
    if not config.option.date:
        config.option.date = datetime.now(UTC).date().isoformat()
    if config.option.spinners and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_BesideSpinners(config.option.spinners))
    if config.option.draw:
        config.pluginmanager.register(_Draw(config.option.draw, config.option.date))


class _BesideSpinners:
    """Starts the spinners with the first test: to collect the tests is not what is tried."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._spinners: Spinners | None = None

    def pytest_runtest_logstart(self) -> None:
        if self._spinners is None:
            self._spinners = Spinners(self._count)

    def pytest_unconfigure(self) -> None:
        if self._spinners is not None:
            self._spinners.end()


class _Draw:
    def __init__(self, count: int, date: str) -> None:
        self._count = count
        self._date = date

    def pytest_report_header(self) -> str:
        words = f"DRAW={self._count} DATE={self._date}"
        return f"drawn by date; to run the same tests again: make busy {words}"

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        chosen = drawn([each.nodeid for each in items], self._count, self._date)
        left = [each for each in items if each.nodeid not in chosen]
        items[:] = [each for each in items if each.nodeid in chosen]
        config.hook.pytest_deselected(items=left)
