"""`podium mcp install HOST`: shows the change to the host's settings, then writes it."""

import difflib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from podium.errors import ValidationError
from podium.operations.writing import replace_file
from podium_mcp.install.hosts import HOSTS, Host

WRONG_USE = 2
NO = 1


def install(words: Sequence[str]) -> int:
    """Run `podium mcp install …` and return the exit code."""
    rest = [word for word in words if not word.startswith("-")]
    options = {word for word in words if word.startswith("-")}
    if problem := _problem(rest, options):
        _print(f"podium mcp install: {problem}; see podium mcp --help")
        return WRONG_USE
    host = HOSTS[rest[0]]
    command = [program(), "mcp"]
    if "--print" in options:
        sys.stdout.write(host.snippet(command))
        _print(f"Add this to {host.location(Path.cwd(), Path.home())}")
        return 0
    try:
        return _write(host, command, may_ask="--yes" not in options)
    except ValidationError as error:
        _print(f"{error}; {'; '.join(error.hints)}")
        return WRONG_USE


def _problem(hosts: Sequence[str], options: set[str]) -> str:
    """Return what is wrong with a command line; empty if nothing is."""
    if unknown := sorted(options - {"--print", "--yes"}):
        return f"there is no option {unknown[0]}"
    if len(hosts) == 1 and hosts[0] in HOSTS:
        return ""
    known = f"name one of {', '.join(HOSTS)}"
    return f"there is no host {hosts[0]!r}: {known}" if len(hosts) == 1 else known


def program() -> str:
    """Return the absolute path of this program; hosts start it from any folder."""
    beside = Path(sys.executable).with_name("podium")
    return str(beside) if beside.exists() else os.path.abspath(sys.argv[0])


def _write(host: Host, command: list[str], *, may_ask: bool) -> int:
    path = host.location(Path.cwd(), Path.home())
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = host.merged(before, command)
    if before == after:
        _print(f"{host.title} is already configured in {path}")
        return 0
    sys.stdout.writelines(
        difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), str(path), str(path)
        )
    )
    sys.stdout.flush()
    if may_ask and not _ask_to_write():
        _print("Nothing was written; pass --yes to write without asking.")
        return NO
    replace_file(path, after.encode("utf-8"))
    _print(f"Wrote {path}; {host.title} now starts Podium.")
    return 0


def _ask_to_write() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Write this? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _print(text: str) -> None:
    sys.stderr.write(text + "\n")
