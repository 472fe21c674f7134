"""The tools of the model that change nothing: read, list, search; and the one that runs commands.

They work in the model's process. Files are opened without following links, below the working
folder only.
"""

import asyncio
import contextlib
import fnmatch
import os
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from podium.errors import PathOutsideWorkspace
from podium.platform.owned_files import read_file
from podium_adapters.working_folder import readable_path

MOST_LINES = 2000
_MOST_CHARACTERS = 60_000
_MOST_FILES = 1000
_MOST_MATCHES = 200
_LONGEST_LINE = 400
_LARGEST_SEARCHED = 2_000_000
_SKIPPED = frozenset({".git", ".podium", "node_modules", "__pycache__", ".venv"})
_OUTPUT_CHARACTERS = 16_000
_READ_BYTES = 64 * 1024


class ToolProblemError(Exception):
    """A tool cannot do what it is asked; the message is for the model."""


def read_lines(folder: Path, path: str, first: int, count: int) -> tuple[str, bool]:
    """Return numbered lines of a file, and whether they are all of it.

    Raises:
        ToolProblemError: it is missing, outside of the folder or not a text.
    """
    lines = _text_of(folder, path).splitlines()
    start = max(1, first) - 1
    shown = lines[start : start + min(max(1, count), MOST_LINES)]
    numbered = "".join(f"{start + 1 + index}: {line}\n" for index, line in enumerate(shown))
    is_whole = len(shown) == len(lines) and len(numbered) <= _MOST_CHARACTERS
    if is_whole:
        return numbered or "(the file is empty)", True
    last = start + len(shown)
    return f"{_shortened(numbered)}(lines {start + 1} to {last} of {len(lines)})", False


def list_files(folder: Path, pattern: str) -> str:
    """Return the paths of files that match a pattern such as `src/*.py`; all without one."""
    found = [each for each in _files(folder) if not pattern or _matches(each, pattern)]
    more = f"\n({len(found) - _MOST_FILES} more)" if len(found) > _MOST_FILES else ""
    return "\n".join(found[:_MOST_FILES]) + more or "(no file)"


def search(folder: Path, words: str, pattern: str) -> str:
    """Return the lines that contain a text, with path and number.

    A text and not a regular expression, because the search must always end.
    """
    if not words:
        raise ToolProblemError("the text to search for is empty")
    found: list[str] = []
    for path in _files(folder):
        if pattern and not _matches(path, pattern):
            continue
        with contextlib.suppress(ToolProblemError):
            for number, line in enumerate(_text_of(folder, path, _LARGEST_SEARCHED).splitlines()):
                if words in line:
                    found.append(f"{path}:{number + 1}: {line.strip()[:_LONGEST_LINE]}")
        if len(found) >= _MOST_MATCHES:
            return "\n".join(found[:_MOST_MATCHES]) + "\n(there are more)"
    return "\n".join(found) or "(nothing found)"


async def run_command(folder: Path, command: Sequence[str], seconds: float) -> str:
    """Run a command in the folder, without a shell, and return its exit code and output."""
    if not command:
        raise ToolProblemError("the command is empty")
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Descriptors that keep the call alive are passed on: its processes are found by them.
            close_fds=False,
            process_group=0,
        )
    except (OSError, ValueError) as error:
        raise ToolProblemError(f"{command[0]} cannot be run: {error}") from error
    output = bytearray()
    try:
        async with asyncio.timeout(seconds):
            await _collect(process, output)
            code = await process.wait()
    except TimeoutError:
        _kill_group(process.pid)
        return f"the command was ended after {seconds:g} s\n{_tail(output)}"
    return f"exit code {code}\n{_tail(output)}"


async def _collect(process: asyncio.subprocess.Process, output: bytearray) -> None:
    """Keep the end of a command's output."""
    assert process.stdout is not None, "its output is a pipe"
    while chunk := await process.stdout.read(_READ_BYTES):
        output += chunk
        del output[: -4 * _OUTPUT_CHARACTERS]


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _tail(output: bytearray) -> str:
    return output.decode("utf-8", "replace")[-_OUTPUT_CHARACTERS:]


def _text_of(folder: Path, path: str, largest: int | None = None) -> str:
    try:
        place = readable_path(folder, path)
        if largest is not None and place.stat().st_size > largest:
            raise ToolProblemError(f"{path} is too large")
        return read_file(place, root=folder).decode()
    except UnicodeDecodeError as error:
        raise ToolProblemError(f"{path} is not a text") from error
    except PathOutsideWorkspace as error:
        raise ToolProblemError(str(error)) from error
    except OSError as error:
        raise ToolProblemError(f"{path}: {error.strerror}") from error


def _files(folder: Path) -> Iterator[str]:
    """Yield the paths of all files below the folder, sorted; links are not followed."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in _SKIPPED)
        below = Path(place).relative_to(folder)
        yield from ((below / name).as_posix() for name in sorted(names))


def _matches(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"*/{pattern}")


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}\n"


_SPACES = re.compile(r"\s+")


def title_of(words: Sequence[str]) -> str:
    """Return what the tool's use is called in the events."""
    return _SPACES.sub(" ", " ".join(words)).strip()[:_LONGEST_LINE]
