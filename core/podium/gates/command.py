"""Runs a project's own commands (gates, set-up) in a worktree; must not know what they check."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import anyio
from anyio.abc import Process

from podium.platform.process_tree import MARK_VARIABLE, end_tree, new_mark
from podium.platform.processes import ProcessMark, mark_of

OUTPUT_CHARACTERS = 16_000
"""How much of the end of a command's output is kept."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_OWN_NAME = re.compile(r"^(PODIUM_|GIT_)")


@dataclass(frozen=True)
class CommandResult:
    """How a command ended.

    Args:
        exit_code: None when it could not be started or was ended by the time limit.
        output: the end of what it printed, both streams.
        seconds: how long it took.
        trouble: why there is no exit code, one sentence.
    """

    exit_code: int | None
    output: str
    seconds: float
    trouble: str = ""


async def run_command(
    command: Sequence[str],
    folder: Path,
    *,
    timeout_seconds: float,
    output: BinaryIO | None = None,
) -> CommandResult:
    """Run a command to its end; its whole process tree is ended on time-out or cancellation.

    Args:
        output: an open file that receives the standard output whole; the result then holds the
            end of the standard error alone.
    """
    began, tree = anyio.current_time(), new_mark()
    try:
        process = await anyio.open_process(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT if output is None else subprocess.PIPE,
            cwd=folder,
            env=command_environment(os.environ) | {MARK_VARIABLE: tree},
            start_new_session=True,
        )
    except OSError as error:
        trouble = f"{command[0]} cannot be started: {error.strerror}"
        return CommandResult(None, "", 0.0, trouble)
    tail, root = bytearray(), mark_of(process.pid)
    exit_code: int | None = None
    try:
        with anyio.move_on_after(timeout_seconds):
            await _read(process, tail)
            exit_code = await process.wait()
    finally:
        await _end(process, root, tree)
    trouble = "" if exit_code is not None else f"timed out after {timeout_seconds:.0f} s"
    text = tail.decode("utf-8", "replace")[-OUTPUT_CHARACTERS:]
    return CommandResult(exit_code, text, anyio.current_time() - began, trouble)


def command_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: the user's, without credentials.

    Gates run code that an agent has just written, so it must not find keys there.
    """
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET_NAME.search(name) and not _OWN_NAME.match(name)
    }


async def _read(process: Process, tail: bytearray) -> None:
    stream = process.stdout or process.stderr
    assert stream is not None, "one of them is piped"
    async for chunk in stream:
        tail += chunk
        del tail[: -4 * OUTPUT_CHARACTERS]


async def _end(process: Process, root: ProcessMark | None, tree: str) -> None:
    """End what is left of a command, also what it put into the background."""
    with anyio.CancelScope(shield=True):
        if root is not None:
            await anyio.to_thread.run_sync(partial(end_tree, root, mark=tree))
        await process.aclose()
