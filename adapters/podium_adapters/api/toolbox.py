"""The tools as the model sees them: each asks Podium before it acts."""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from podium_adapters.api.pipe import Pipe
from podium_adapters.api.tools import (
    MOST_LINES,
    ToolProblemError,
    list_files,
    read_lines,
    run_command,
    search,
    title_of,
)

_WARNED_AFTER = 3
_ENDED_AFTER = 5
_COMMAND_SECONDS = 600.0


class RepetitionError(Exception):
    """The model makes the same call again and again."""


class Toolbox:
    """The tools of one turn.

    Args:
        folder: the working folder.
        pipe: the connection to Podium.
        write: whether the role may change files.
        commands: whether the role may run commands.
    """

    def __init__(self, folder: Path, pipe: Pipe, *, write: bool, commands: bool) -> None:
        self._folder = folder.resolve()
        self._pipe = pipe
        self._write = write
        self._commands = commands
        self._read: set[str] = set()
        self._uses = 0
        self._last = ""
        self._times = 0

    def functions(self) -> Sequence[Callable[..., Awaitable[str]]]:
        """Return the tools that the role may use; their docstrings are for the model."""
        return (
            *(self.read_file, self.list_files, self.search_files),
            *((self.write_file, self.replace_text) if self._write else ()),
            *((self.run_command,) if self._commands else ()),
        )

    async def read_file(self, file_path: str, first_line: int = 1, lines: int = MOST_LINES) -> str:
        """Read a text file; each line is preceded by its number.

        Args:
            file_path: relative to the working folder.
            first_line: the number of the first line to read.
            lines: how many lines to read.
        """

        async def read() -> str:
            text, is_whole = read_lines(self._folder, file_path, first_line, lines)
            if is_whole:
                self._read.add(file_path)
            return text

        return await self._use("read", f"read {file_path}", read, (file_path, first_line, lines))

    async def list_files(self, pattern: str = "") -> str:
        """List the files of the working folder.

        Args:
            pattern: lists only matching files, for instance `*.py` or `src/*.ts`.
        """

        async def list_them() -> str:
            return list_files(self._folder, pattern)

        return await self._use("search", f"list {pattern or 'files'}", list_them, (pattern,))

    async def search_files(self, text: str, pattern: str = "") -> str:
        """Find a text in files; returns the matching lines with path and number.

        Args:
            text: the exact text, in one line; not a regular expression.
            pattern: searches only matching files, for instance `*.py`.
        """

        async def find() -> str:
            return search(self._folder, text, pattern)

        return await self._use("search", f"search {text}", find, (text, pattern))

    async def write_file(self, file_path: str, content: str) -> str:
        """Write a whole file, and create it if it does not exist.

        For small changes of long files, use replace_text.

        Args:
            file_path: relative to the working folder.
            content: the whole new content, never with a part left out.
        """
        self._count("write", (file_path, content))
        was_read = file_path in self._read
        answer = await self._pipe.ask("write", path=file_path, content=content, was_read=was_read)
        if answer["changed"]:
            self._read.add(file_path)
        return self._warned(str(answer["text"]))

    async def replace_text(self, file_path: str, old_text: str, new_text: str) -> str:
        """Replace a text in a file.

        Args:
            file_path: relative to the working folder.
            old_text: occurs exactly once in the file, with the same whitespace and line breaks.
            new_text: what to put in its place.
        """
        self._count("replace", (file_path, old_text, new_text))
        replacements = [[old_text, new_text]]
        answer = await self._pipe.ask("replace", path=file_path, replacements=replacements)
        return self._warned(str(answer["text"]))

    async def run_command(self, command: list[str]) -> str:
        """Run a program in the working folder; returns its exit code and output.

        Args:
            command: the program and its arguments, for instance ["pytest", "-q"]; there is no
                shell.
        """
        title = title_of(command)

        async def run() -> str:
            answer = await self._pipe.ask(
                "permission", kind="execute", title=title, command=command
            )
            if not answer["allowed"]:
                raise ToolProblemError(f"denied: {answer['reason']}")
            return await run_command(self._folder, command, _COMMAND_SECONDS)

        return await self._use("execute", title, run, command)

    async def _use(
        self, kind: str, title: str, act: Callable[[], Awaitable[str]], given: Sequence[Any]
    ) -> str:
        """Use a tool that works in this process, and report it."""
        self._uses += 1
        use = {"id": f"tool-{self._uses}", "title": title, "kind": kind}
        self._count(kind, given)
        self._pipe.send("tool", **use, status="running")
        try:
            text = await act()
        except ToolProblemError as error:
            self._pipe.send("tool", **use, status="failed")
            return self._warned(str(error))
        self._pipe.send("tool", **use, status="completed")
        return self._warned(text)

    def _count(self, kind: str, given: Sequence[Any]) -> None:
        """Count identical calls in a row.

        Raises:
            RepetitionError: there were too many.
        """
        call = json.dumps([kind, *given])
        self._times = self._times + 1 if call == self._last else 1
        self._last = call
        if self._times >= _ENDED_AFTER:
            raise RepetitionError(f"the model made the same call {self._times} times in a row")

    def _warned(self, text: str) -> str:
        if self._times < _WARNED_AFTER:
            return text
        return f"{text}\n\nYou made this same call {self._times} times. Do something else."
