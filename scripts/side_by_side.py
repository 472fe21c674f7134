"""Runs commands in parallel and prints the output of each as a whole, in order.

    python -m scripts.side_by_side 'ruff check' 'mypy' …

Programs in this Python's environment take precedence. The exit code is 1 if any command fails. The
last line of each output shows the elapsed and the processor time in seconds.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    Args:
        code: its exit code; negative for a signal.
        output: everything that it printed.
        wall: the elapsed time in seconds.
        processor: the processor time of it and its children, in seconds.
    """

    code: int
    output: str
    wall: float
    processor: float


def run(command: str) -> Ended:
    """Run one command to its end."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            shlex.split(command),
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    wall = time.monotonic() - begin
    return Ended(process.returncode, text, wall, used.ru_utime + used.ru_stime)


def main(commands: Sequence[str], workers: int | None = None) -> int:
    """Run all commands, at most one for each processor at a time; return the exit code."""
    failed: list[str] = []
    begin = time.monotonic()
    used = 0.0
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        for command, ended in zip(commands, pool.map(run, commands), strict=True):
            used += ended.processor
            print(f"$ {command}\n{ended.output.rstrip()}")
            print(f"  {ended.wall:.1f} s, {ended.processor:.1f} s of processor", flush=True)
            if ended.code:
                failed.append(f"{command} (exit code {ended.code})")
    print(f"all: {time.monotonic() - begin:.1f} s, {used:.1f} s of processor")
    for each in failed:
        print(f"FAILED: {each}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
