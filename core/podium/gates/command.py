"""Runs a project's commands (gates, setup) in a worktree."""

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

from podium.platform.machine import raise_refusal
from podium.platform.process.process_tree import MARK_VARIABLE, end_tree, new_mark
from podium.platform.process.processes import ProcessMark, mark_of

OUTPUT_CHARACTERS = 16_000
"""Number of characters kept from the end of a command's output."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_OWN_NAME = re.compile(r"^(PODIUM_|GIT_)")


@dataclass(frozen=True)
class CommandResult:
    """The result of a command.

    Args:
        exit_code: None if the command could not be started or timed out.
        output: the end of its standard output and standard error.
        seconds: its duration.
        trouble: the reason for a missing exit code, in one sentence.
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
    variables: Mapping[str, str] | None = None,
) -> CommandResult:
    """Run a command; on timeout or cancellation, end its process tree.

    Args:
        output: an open file that receives the complete standard output; the result then contains
            only the end of the standard error.
        variables: additional environment variables.

    Raises:
        OSError: the system cannot start the command.
    """
    began, tree = anyio.current_time(), new_mark()
    try:
        process = await anyio.open_process(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT if output is None else subprocess.PIPE,
            cwd=folder,
            env={**command_environment(os.environ), **(variables or {}), MARK_VARIABLE: tree},
            start_new_session=True,
        )
    except OSError as error:
        raise_refusal(error)
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
    """Return the environment of a command: the user's environment, without credentials.

    Gates run code that an agent has just written and that must not have access to keys.
    """
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET_NAME.search(name) and not _OWN_NAME.match(name)
    }


async def _read(process: Process, tail: bytearray) -> None:
    stream = process.stdout or process.stderr
    assert stream is not None, "one of the streams is piped"
    async for chunk in stream:
        tail += chunk
        del tail[: -4 * OUTPUT_CHARACTERS]


async def _end(process: Process, root: ProcessMark | None, tree: str) -> None:
    """End the remaining processes of a command, including background processes."""
    with anyio.CancelScope(shield=True):
        if root is not None:
            await anyio.to_thread.run_sync(partial(end_tree, root, mark=tree))
        await process.aclose()
