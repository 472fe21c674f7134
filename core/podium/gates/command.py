"""Runs a project's commands (gates, setup) in a worktree."""

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import anyio
from anyio.abc import Process

from podium.model.sandbox import Confinement, SandboxTool
from podium.platform.machine import raise_refusal
from podium.platform.process.process_tree import MARK_VARIABLE, end_tree, new_mark
from podium.platform.process.processes import ProcessMark, mark_of
from podium.platform.sandbox.prefix import confining_prefix

OUTPUT_CHARACTERS = 16_000
"""Number of characters kept from the end of a command's output."""

_LEAVE_SECONDS = 0.2
"""How long the sandbox may take to end after its command, if nothing else is running in it."""

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
    confinement: Confinement | None = None,
) -> CommandResult:
    """Run a command; on timeout or cancellation, end its process tree.

    Args:
        output: an open file that receives the complete standard output; the result then contains
            only the end of the standard error.
        variables: additional environment variables.
        confinement: what the command can reach; None for everything.

    Raises:
        OSError: the system cannot start the command.
    """
    began, tree = anyio.current_time(), new_mark()
    environment = {**command_environment(os.environ), **(variables or {}), MARK_VARIABLE: tree}
    if confinement is not None and not _can_be_found(command[0], folder, confinement.tool):
        return _not_started(command, os.strerror(errno.ENOENT))
    try:
        process = await anyio.open_process(
            [*confining_prefix(confinement, environment), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT if output is None else subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise_refusal(error)
        return _not_started(command, error.strerror or "")
    tail, root = bytearray(), mark_of(process.pid)
    exit_code: int | None = None
    try:
        with anyio.move_on_after(timeout_seconds):
            if confinement is None:
                await _read(process, tail)
            else:
                await _read_confined(process, tail, root, tree)
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


def _can_be_found(program: str, folder: Path, tool: SandboxTool | None) -> bool:
    """Return whether there may be such a program; a sandbox would report it as a failed command."""
    if tool is SandboxTool.CONTAINER:
        return True  # the programs are those of the image
    place = folder / program if os.sep in program else program
    return shutil.which(place) is not None


def _not_started(command: Sequence[str], why: str) -> CommandResult:
    return CommandResult(None, "", 0.0, f"{command[0]} cannot be started: {why}")


async def _read(process: Process, tail: bytearray) -> None:
    stream = process.stdout or process.stderr
    assert stream is not None, "one of the streams is piped"
    async for chunk in stream:
        tail += chunk
        del tail[: -4 * OUTPUT_CHARACTERS]


async def _read_confined(
    process: Process, tail: bytearray, root: ProcessMark | None, tree: str
) -> None:
    """Read the output of a confined command until the command itself has ended.

    A process of the sandbox keeps the output open as long as any background process is running.
    """
    done = anyio.Event()

    async def read() -> None:
        await _read(process, tail)
        done.set()

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        await process.wait()
        with anyio.move_on_after(_LEAVE_SECONDS):
            await done.wait()
        if not done.is_set():
            await _end_tree(root, tree)


async def _end(process: Process, root: ProcessMark | None, tree: str) -> None:
    """End the remaining processes of a command, including background processes."""
    with anyio.CancelScope(shield=True):
        await _end_tree(root, tree)
        await process.aclose()


async def _end_tree(root: ProcessMark | None, tree: str) -> None:
    if root is not None:
        await anyio.to_thread.run_sync(partial(end_tree, root, mark=tree))
