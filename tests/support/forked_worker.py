"""The parser process of a forked server: forked as well, because it has been loaded already.

A server starts up to two of them, and each would load everything for a tenth of a second. The real
start is tested where the parser is, and wherever a server is started afresh.
"""

import contextlib
import os
import subprocess
import sys
from functools import partial
from typing import Any, NoReturn

MODULE = "podium.syntax.worker"


def load() -> None:
    """Load what a worker needs, a grammar included."""
    from podium.syntax.languages import known_language
    from podium.syntax.worker import __main__ as program
    from podium.syntax.worker.judge import judge

    assert program
    judge("a.py", known_language("python"), b"a = 1\n", None, None)


def fork_workers() -> None:
    """Let this process fork its workers from now on; for a process that was forked itself."""
    # For the type checkers a method is not to be replaced.
    popen: Any = subprocess.Popen
    start = popen.__init__

    def start_or_fork(self: Any, command: Any, *more: Any, **options: Any) -> None:
        if list(command[1:4]) == ["-P", "-m", MODULE]:
            options["preexec_fn"] = partial(_work, list(command[4:]))
        start(self, command, *more, **options)

    popen.__init__ = start_or_fork


def _work(words: list[str]) -> NoReturn:
    """Be the worker; called in the new process, in the place of the program that it would load."""
    from podium.syntax.worker.__main__ import main

    code = 1
    try:
        _close_inherited()
        sys.argv = with_room_for_inherited([MODULE, *words])
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - they live as long as the process
        main()
        code = 0
    except BaseException as error:  # noqa: BLE001 - this process must never run on into the server
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        os._exit(code)


def with_room_for_inherited(words: list[str]) -> list[str]:
    """Return a worker's words with its memory limit raised by what it inherited from this process.

    A worker that is started has nothing; a forked one would begin near its limit or beyond it.
    """
    name, memory_bytes, *others = words
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            inherited = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        inherited = 0
    return [name, str(int(memory_bytes) + inherited), *others]


def _close_inherited() -> None:
    """Close everything but the standard streams, as the start of a program would."""
    for each in os.listdir("/dev/fd"):
        if int(each) > 2:
            with contextlib.suppress(OSError):
                os.close(int(each))
