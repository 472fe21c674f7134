"""The machine refuses in mid run: the run waits, no attempt is lost, the true reason is shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.goldens import ROOT

PROGRAM = ROOT / "tests" / "e2e" / "programs" / "small_disk.py"


@pytest.mark.promise("W7.run-waits", "W7.run-error", "W7.cache")
@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    ("place", "kind", "reason"),
    [
        ("cache", "full", "the disk is full"),
        ("cache", "read-only", "the disk is read-only"),
        ("cache", "inodes", "the disk is full"),
        ("tmp", "full", "the disk is full"),
        ("project", "full", "the disk is full"),
    ],
)
def test_a_run_waits_while_a_disk_refuses(
    place: str, kind: str, reason: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, str(PROGRAM), place, kind, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["code"] == 5, seen["error"]
    assert reason in seen["error"]
    assert "Traceback" not in seen["error"]
    assert all(reason in each for each in seen["asked"])
    assert (seen["state"], seen["counted"], seen["open"], seen["left"]) == (
        "completed",
        [1, 1, 1],
        [],
        ["", "", ""],
    ), seen["problems"]
