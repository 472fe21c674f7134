"""A turn through Podium beside the same turn by a few lines of code.

    python -m tests.bench.agents [--turns N] [WAY …]

Both start the same program with the same arguments, settings and environment, say the same, and ask
a model on loopback, alternately. Podium's turn is a call as a runner makes it: a dispatcher, a shim
from a fork server, an adapter. Processor time is that of all processes but the model; memory is the
largest sum of the processes' proportional shares beyond what was there before. Nothing is asserted.
The aim: at most 1.2 times the time and 25 ms of processor more.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.agents.stage import DONE, QUICK_WAYS, WAYS
from tests.support.goldens import ROOT
from tests.support.model_script import rules
from tests.support.model_server import ModelServer

_JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
_HEAD = (
    f"{'agent':<12}{'raw s':>8}{'ours s':>8}{'ratio':>7}{'raw cpu':>9}{'ours cpu':>10}"
    f"{'+ ms':>7}{'raw MB':>8}{'ours MB':>9}"
)


class Sampler:
    """Samples the memory of a control group.

    Args:
        group: its folder.
    """

    def __init__(self, group: Path) -> None:
        self._group = group
        self._ended = threading.Event()
        self._most = 0.0
        self._before = self._megabytes()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def end(self) -> float:
        """Return the most that was there beyond what was there at the start."""
        self._ended.set()
        self._thread.join()
        return self._most - self._before

    def _sample(self) -> None:
        while not self._ended.wait(0.03):
            self._most = max(self._most, self._megabytes())

    def _megabytes(self) -> float:
        names = (self._group / "cgroup.procs").read_text().split()
        return sum(_share(name) for name in names) / 1024


def _share(pid: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


@contextmanager
def _group() -> Generator[Path]:
    for parent in (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup")):
        group = parent / f"podium-agents-{os.getpid()}"
        with suppress(OSError):
            group.mkdir()
        if (group / "cgroup.procs").exists():
            try:
                yield group
            finally:
                with suppress(OSError):
                    group.rmdir()
            return
    raise SystemExit("this measurement needs the right to make a control group")


def _measured(way: str, turns: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Return what each turn took, and the memory of each way."""
    found: list[dict[str, Any]] = []
    memory: dict[str, float] = {}
    with ModelServer(rules(otherwise=DONE)) as model, _group() as group:
        words = ["sh", "-c", _JOIN, str(group), sys.executable, "-P", "-m"]
        words += ["tests.bench.agents.both_ways", way, model.url(), str(group), str(turns)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
        assert child.stdout is not None
        sampler: Sampler | None = None
        for line in child.stdout:
            told = json.loads(line)
            if "sample" in told:
                sampler = Sampler(group)
            elif sampler is not None:
                memory[told["sampled"]] = sampler.end()
            else:
                found.append(told)
        if child.wait() != 0:
            raise SystemExit(f"{way} failed")
    return found, memory


def _row(way: str, turns: int) -> str:
    found, memory = _measured(way, turns)
    middle = {
        (who, what): statistics.median(each[what] for each in found if each["way"] == who)
        for who in ("raw", "ours")
        for what in ("wall", "processor")
    }
    raw, ours = middle["raw", "wall"], middle["ours", "wall"]
    used, more = middle["raw", "processor"], middle["ours", "processor"]
    return (
        f"{way:<12}{raw:>8.2f}{ours:>8.2f}{ours / raw:>7.2f}{used:>9.2f}{more:>10.2f}"
        f"{1e3 * (more - used):>7.0f}{memory['raw']:>8.0f}{memory['ours']:>9.0f}"
    )


def main() -> None:
    """Print a row for each agent that is installed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("ways", nargs="*", default=QUICK_WAYS, metavar="WAY")
    parser.add_argument("--turns", type=int, default=7, help="turns of each kind")
    given = parser.parse_args()
    print(_HEAD, flush=True)
    for way in given.ways:
        is_here = WAYS[way].is_installed
        print(_row(way, given.turns) if is_here else f"{way:<12}not installed", flush=True)


if __name__ == "__main__":
    main()
