"""A process that is a copy of another one is like one that was started."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from podium_adapters.forked import can_fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")

# It forks a copy of itself that does what `body` says, and prints how that ended.
PROGRAM = """
import anyio, json, os, signal, sys
from pathlib import Path
from podium_adapters.forked import Copy, can_fork, fork_process

place = Path(sys.argv[1])
kept, other = os.pipe()

def body():
{body}

async def main():
    assert can_fork()
{before}
    with (place / "out").open("wb") as output, (place / "errors").open("wb") as errors:
        files = output.fileno(), errors.fileno()
        copy = Copy(body, ["/usr/bin/program", "word"], place, {{"A": "b"}}, *files, [kept])
        process = fork_process(copy)
{after}
    print(json.dumps([await process.wait(), await process.wait()]))

anyio.run(main)
"""

LOOK = """
sys.stdout.write("said\\n")
opened = [each for each in range(64) if os.path.exists(f"/proc/self/fd/{each}")]
found = {
    "leads its session": os.getsid(0) == os.getpid(),
    "folder": os.getcwd(),
    "environment": dict(os.environ),
    "descriptors": [each if each != kept else "kept" for each in opened],
    "inheritable": os.get_inheritable(kept),
    "term": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
}
(place / "report").write_text(json.dumps(found))
return 7
"""


def run(place: Path, body: str, before: str = "", after: str = "") -> Any:
    """Run the program; return what `wait` returned, twice."""
    parts = {"body": body, "before": before, "after": after}
    code = PROGRAM.format(
        **{name: textwrap.indent(text, "    ") for name, text in parts.items()},
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(place)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    return json.loads(done.stdout)


def test_it_has_only_what_it_is_given(tmp_path: Path) -> None:
    assert run(tmp_path, LOOK) == [7, 7]
    assert json.loads((tmp_path / "report").read_text()) == {
        "leads its session": True,
        "folder": str(tmp_path),
        "environment": {"A": "b"},
        "descriptors": [0, 1, 2, "kept"],
        "inheritable": True,
        "term": True,
    }
    assert (tmp_path / "out").read_text() == "said\n"
    assert (tmp_path / "errors").read_text() == ""


def test_an_error_goes_to_its_own_error_output(tmp_path: Path) -> None:
    assert run(tmp_path, "raise RuntimeError('broken')") == [1, 1]
    assert "RuntimeError: broken" in (tmp_path / "errors").read_text()


@pytest.mark.parametrize(
    "before",
    ["", "def refuse(pid): raise OSError\nos.pidfd_open = refuse"],
    ids=["with a descriptor", "without"],
)
def test_its_death_by_a_signal_is_noticed(before: str, tmp_path: Path) -> None:
    after = "os.kill(process.pid, signal.SIGKILL)"
    died = -int(signal.SIGKILL)
    assert run(tmp_path, "signal.pause()", before, after) == [died, died]


@pytest.mark.anyio
async def test_a_process_with_other_threads_is_not_forked() -> None:
    await anyio.to_thread.run_sync(lambda: None)

    assert not can_fork()
