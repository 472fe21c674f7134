"""Keeps git processes running during a run, so that each answers many queries.

They only read. For all other commands, git is started as usual.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from podium.platform.process.living import ONLY_READS
from podium.platform.process.resident import MOST_ASKED_BYTES, ResidentProgram
from podium.platform.process.run_program import Invocation

_MARK_BYTES = 16


class Residents:
    """The running git processes, by their command line and environment."""

    def __init__(self) -> None:
        self._programs: dict[tuple[str, ...], ResidentProgram] = {}

    async def ask(
        self, invocation: Invocation, arguments: Sequence[str], question: bytes
    ) -> bytes | None:
        """Return what a git command prints for this input, without starting git for it.

        Args:
            invocation: the complete invocation.
            arguments: the subcommand and its arguments.
            question: the standard input.

        Returns:
            None if the command cannot keep running, or did not answer.
        """
        mark = os.urandom(_MARK_BYTES).hex().encode()
        match tuple(arguments):
            case ("cat-file", "-z", *_):
                asked, end = question + mark + b"\0", mark + b" missing\n"
            case ("cat-file", batch) if batch.startswith("--batch"):
                asked, end = question + mark + b"\n", mark + b" missing\n"
            case ("diff-tree", *options) if "--stdin" in options:
                # `diff-tree` repeats input lines that are not commits.
                asked = question + b"end " + mark + b"\n"
                end = b"end " + mark + b"\n"
            case _:
                return None
        if not question or len(asked) > MOST_ASKED_BYTES:
            return None
        return await self._program(invocation).ask(asked, end)

    def close(self) -> None:
        """End all the processes."""
        for each in self._programs.values():
            each.close()

    def _program(self, invocation: Invocation) -> ResidentProgram:
        variables = (f"{name}={value}" for name, value in invocation.environment.items())
        key = (*invocation.command, *variables)
        if key not in self._programs:
            environment = {**invocation.environment, ONLY_READS: "1"}
            self._programs[key] = ResidentProgram(replace(invocation, environment=environment))
        return self._programs[key]
