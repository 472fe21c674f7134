"""Command lines as a person types them: in this process, or over the border of one.

Starting Python and loading the engine costs more than most commands themselves, so a test uses
`podium`; where the border is what is tested (a terminal, a signal, another PATH for children, the
module path), it uses `podium_process`.
"""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from podium_cli.main import main
from podium_cli.render.style import console, error_console

PODIUM = [sys.executable, "-P", "-m", "podium_cli"]
_WIDE = {"COLUMNS": "200"}


@dataclass(frozen=True)
class Done:
    """How a command ended, in the words of `subprocess`."""

    returncode: int
    stdout: str
    stderr: str


def podium(folder: Path, *words: str, **variables: str) -> Done:
    """Run a command line in this process, without a terminal.

    Args:
        folder: where the person stands.
        variables: added to the environment.
    """
    out, err = _pipe(), _pipe()
    with (
        patch.dict(os.environ, {**_WIDE, **variables}),
        contextlib.chdir(folder),
        open(os.devnull) as nothing,
        patch.object(sys, "stdin", nothing),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _fresh_consoles(),
    ):
        code = main(words)
    return Done(code, _text(out), _text(err))


def podium_process(folder: Path, *words: str, **variables: str) -> Done:
    """Run a command line as a person's shell would."""
    done = subprocess.run(
        [*PODIUM, *words],
        cwd=folder,
        env={**os.environ, **_WIDE, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _pipe() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True)


def _text(pipe: io.TextIOWrapper) -> str:
    pipe.seek(0)
    return pipe.read()


@contextlib.contextmanager
def _fresh_consoles() -> Generator[None]:
    """Let the consoles take the width and the colours of this command's environment."""
    for each in (console, error_console):
        each.cache_clear()
    try:
        yield
    finally:
        for each in (console, error_console):
            each.cache_clear()
