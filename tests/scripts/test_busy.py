"""Tests on a busy machine: the same draw for the same date, and nothing that spins on."""

import os
import select
import subprocess
import sys

import pytest

from tests.support.busy import Spinners, drawn
from tests.support.goldens import ROOT

NAMES = [f"tests/test_a.py::test_{number}" for number in range(100)]
KILLED = """\
import os, signal
from tests.support.busy import Spinners
print(*Spinners(2).pids, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_date_draws_the_same_tests_in_whatever_order_they_come() -> None:
    first = drawn(NAMES, 40, "2026-11-30")
    assert len(first) == 40
    assert drawn(NAMES[::-1], 40, "2026-11-30") == first
    assert drawn(NAMES, 40, "2026-12-01") != first
    assert drawn(NAMES[:5], 40, "2026-11-30") == {*NAMES[:5]}


def test_spinners_are_gone_when_they_were_ended() -> None:
    spinners = Spinners(2)
    pids = spinners.pids
    assert len({*pids}) == 2
    spinners.end()
    assert spinners.pids == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="it waits for processes of somebody else")
def test_spinners_end_with_the_process_that_started_them() -> None:
    command = [sys.executable, "-c", KILLED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    for pid in map(int, done.stdout.split()):
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([handle], [], [], 60)[0], "it spins on"
        finally:
            os.close(handle)


def test_a_draw_says_how_it_is_repeated_and_runs_only_that() -> None:
    chosen = ["--draw", "2", "--date", "2026-11-30", "--spinners", "1"]
    command = [sys.executable, "-m", "pytest", *chosen, "-n", "0", "tests/core/model/test_ids.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "make busy DRAW=2 DATE=2026-11-30" in done.stdout
    assert "2 passed" in done.stdout
