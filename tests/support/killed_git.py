"""A real git that is killed at a chosen system call of a chosen command.

A wrapper stands first on the PATH. It records the changing system calls of every command, or
kills one command before it makes one of them.
"""

import re
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from podium.workspace.plumbing import settings

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

_CALLS = (
    "openat,write,pwrite64,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,link,linkat,"
    "symlink,chmod,fchmod,ftruncate"
)
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_READS = re.compile(r"O_RDONLY|O_PATH|/dev/(?!shm/)|<(pipe|socket|anon)|^[12]\b")

_WRAPPER = """\
#!/bin/sh
# Numbers the commands in the order of their starts; only builtin commands, because there are many.
read -r n < "{folder}/count"
echo $((n+1)) > "{folder}/count"
if [ -e "{folder}/recording" ]; then
    echo "$*" > "{folder}/command-$n"
    exec {strace} -f -qq -y -e trace={calls} -o "{folder}/trace-$n" {git} "$@"
fi
if [ -e "{folder}/kill-$n" ]; then
    read -r rule < "{folder}/kill-$n"
    exec {strace} -f -qq -o /dev/null -e trace={calls} -e "$rule" {git} "$@"
fi
exec {git} "$@"
"""


@dataclass(frozen=True)
class KillPoint:
    """One way to kill git.

    Args:
        command: the number of the command, from 0.
        arguments: of the command.
        call: the system call.
        at: which one of this name in the command, from 1.
    """

    command: int
    arguments: str
    call: str
    at: int

    def __str__(self) -> str:
        return f"{self.command}: git {self.arguments[:40]} killed before {self.call} {self.at}"


def always_settled(files: object, now: object) -> bool:
    """Stand in for the check that compares the configuration's age with the clock.

    How long ago the configuration was written must not change the number of git commands.
    """
    return True


class KillableGit:
    """The wrapper.

    Args:
        folder: where it is made.
        patch: puts it on the PATH.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        strace, git = shutil.which("strace"), shutil.which("git")
        assert strace, "these tests need strace"
        assert git
        folder.mkdir()
        wrapper = folder / "git"
        text = _WRAPPER.format(
            folder=folder, strace=shlex.quote(strace), git=shlex.quote(git), calls=_CALLS
        )
        wrapper.write_text(text)
        wrapper.chmod(0o700)
        patch.setenv("PATH", str(folder), prepend=":")
        patch.setattr(settings, "_kept", {})
        patch.setattr(settings, "_is_settled", always_settled)
        self.reset()

    def record(self) -> None:
        """Begin to record."""
        self.reset()
        (self._folder / "recording").touch()

    def reset(self) -> None:
        """Neither record nor kill; count the commands from 0, of a process that knows nothing."""
        vars(settings)["_kept"].clear()
        for each in self._folder.iterdir():
            if each.name != "git":
                each.unlink()
        (self._folder / "count").write_text("0\n")

    def arm(self, point: KillPoint) -> None:
        """Kill a command at a point."""
        self.reset()
        rule = f"inject={point.call}:signal=KILL:when={point.at}"
        (self._folder / f"kill-{point.command}").write_text(f"{rule}\n")

    def points(self) -> list[KillPoint]:
        """Return the recorded points: before each changing call of each command."""
        found: list[KillPoint] = []
        for number in range(int((self._folder / "count").read_text())):
            command = (self._folder / f"command-{number}").read_text().strip()
            trace = (self._folder / f"trace-{number}").read_text()
            found += [KillPoint(number, command, call, at) for call, at in _changing(trace)]
        return found


def _changing(trace: str) -> Iterator[tuple[str, int]]:
    """Yield the changing calls of the first process, with their numbers."""
    counts: Counter[str] = Counter()
    first = ""
    for line in trace.splitlines():
        found = _LINE.match(line)
        if found is None or (first and found[1] != first):
            continue
        first, call, arguments = found.groups()
        counts[call] += 1
        if not _READS.search(arguments):
            yield call, counts[call]
