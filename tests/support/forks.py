"""Python processes that tests start are forked from this one, which has loaded the product.

To load it takes longer than most of what they do then. Everything else stays real: a child with
an id, a session, descriptors, an environment and an exit code of its own. Only tests of what a
start loads, of memory, or of what the system shows of a process ask for the fixture
`started_processes`; they get a new interpreter.
"""

import atexit
import contextvars
import faulthandler
import gc
import io
import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib import import_module
from logging import getLogger
from typing import Any, NamedTuple, NoReturn, cast

import pydantic.main
import pytest

from podium.platform.process import processes
from podium_cli.render.style import console, error_console
from tests.support.forked_worker import MODULE, with_room_for_inherited

_rebuild_lock = cast(
    "AbstractContextManager[object]", getattr(pydantic.main, "_rebuild_lock", nullcontext())
)
"""Held while a model that was defined in part is completed."""
_MODULES = {
    "podium": ("podium.agents.shim", "podium.app.runner_process", "podium_adapters.acp.client"),
    "podium_adapters.playbook.player": (),
    "podium.syntax.worker": ("podium.syntax.worker.documents",),
    "podium_cli": ("podium_cli.run",),
}
"""What may be started with `-m`, and what it loads later on."""
_LAST_INHERITED = 2
_patches = weakref.WeakSet[pytest.MonkeyPatch]()
_outlived: list[object] = []
_start_really = getattr(subprocess, "_fork_exec", None)
_is_enabled = True


class _Start(NamedTuple):
    """The arguments of `_posixsubprocess.fork_exec`."""

    arguments: Sequence[str | bytes]
    programs: Sequence[bytes]
    close_fds: bool
    kept_fds: Sequence[int]
    folder: str | bytes | os.PathLike[str] | None
    environment: Sequence[bytes] | None
    input_read: int
    input_write: int
    output_read: int
    output_write: int
    error_read: int
    error_write: int
    report_read: int
    report_write: int
    restore_signals: bool
    new_session: bool
    group: int
    group_id: int | None
    group_ids: Sequence[int] | None
    user_id: int | None
    mask: int
    before_exec: object
    may_vfork: bool

    @property
    def module(self) -> str:
        """The module to run, or an empty string if a new interpreter is needed."""
        words = [os.fsdecode(each) for each in self.arguments]
        if words[:3] != [sys.executable, "-P", "-m"] or words[3] not in _MODULES:
            return ""
        special = (self.group_id, self.group_ids, self.user_id, self.before_exec)
        if any(each is not None for each in special) or self.mask >= 0:
            return ""
        settings = _python_settings(self.environment_there)
        return words[3] if settings == _python_settings(os.environ) else ""

    @property
    def environment_there(self) -> dict[str, str]:
        """The environment of the process."""
        if self.environment is None:
            return dict(os.environ)
        pairs = (os.fsdecode(each).partition("=") for each in self.environment)
        return {name: value for name, _, value in pairs}


def install() -> None:
    """Fork from now on, in this process and in those that it forks."""
    if _start_really is None or sys.version_info[:2] not in {(3, 11), (3, 12)}:
        return  # the arguments are another Python's
    make_patch = pytest.MonkeyPatch.__init__

    def make_known_patch(self: pytest.MonkeyPatch) -> None:
        make_patch(self)
        _patches.add(self)

    pytest.MonkeyPatch.__init__ = make_known_patch  # type: ignore[method-assign] # to see all of them
    setattr(subprocess, "_fork_exec", _fork_exec)  # noqa: B010 - the name is private


@contextmanager
def really_started() -> Generator[None]:
    """Start new interpreters for the time of a block."""
    global _is_enabled
    before, _is_enabled = _is_enabled, False
    try:
        yield
    finally:
        _is_enabled = before


def _fork_exec(*arguments: Any) -> int:
    assert _start_really is not None
    start = _Start(*arguments)
    if not _is_enabled or not (module := start.module):
        return int(_start_really(*arguments))
    for name in _MODULES[module]:
        import_module(name)
    # In a child, another thread's lock would be held for good.
    with _rebuild_lock:
        pid = os.fork()
    if pid == 0:
        _become(start, module)
    return pid


def _become(start: _Start, module: str) -> NoReturn:
    """Run the module as if this were a new interpreter."""
    code = 70
    try:
        # What exists belongs to the parent, its descriptors too: nothing of it may be finalized.
        gc.freeze()
        _take_descriptors(start)
        environment, folder = start.environment_there, start.folder
        _forget_tests()
        if folder is not None:
            os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        if start.new_session:
            os.setsid()
        if start.group >= 0:
            os.setpgid(0, start.group)
        _reset_signals()
        sys.argv = [os.fsdecode(each) for each in start.arguments[3:]]
        if module == MODULE:
            sys.argv = with_room_for_inherited(sys.argv)
        code = contextvars.Context().run(_exit_code_of, module)
    except BaseException:  # noqa: BLE001 - a forked process must never run on into the tests
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _exit_code_of(module: str) -> int:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code: object = 0
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        raise
    except BaseException as error:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined] # as the interpreter does
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage] # as the interpreter does
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def _take_descriptors(start: _Start) -> None:
    _outlived.extend((sys.stdin, sys.stdout, sys.stderr))
    kept = {*start.kept_fds, 0, 1, 2} - {start.report_write}
    given = (start.input_read, start.output_write, start.error_write)
    # An end that has the number of a standard stream would be overwritten.
    ends = [os.dup(each) if 0 <= each <= _LAST_INHERITED else each for each in given]
    for number, each in enumerate(ends):
        if each >= 0:
            os.dup2(each, number)
    for each in [int(name) for name in os.listdir("/dev/fd")]:
        with suppress(OSError):
            if each not in kept and (start.close_fds or not os.get_inheritable(each)):
                os.close(each)
    for each in start.kept_fds:
        with suppress(OSError):
            os.set_inheritable(each, True)
    sys.stdin = sys.__stdin__ = _text(0, "rb")  # type: ignore[misc] # as the interpreter does
    sys.stdout = sys.__stdout__ = _text(1, "wb")  # type: ignore[misc] # as the interpreter does
    sys.stderr = sys.__stderr__ = _text(2, "wb")  # type: ignore[misc] # as the interpreter does


def _text(number: int, mode: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        open(number, mode, closefd=False),
        encoding="utf-8",
        errors="backslashreplace" if number == _LAST_INHERITED else "strict",
        line_buffering=number == _LAST_INHERITED or os.isatty(number),
    )


def _forget_tests() -> None:
    """Undo what tests changed in this process."""
    for patch in [*_patches]:
        patch.undo()
    atexit._clear()  # pyright: ignore[reportPrivateUsage] # the parent's own
    faulthandler.disable()
    warnings.resetwarnings()
    for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", kind)
    sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
    threading.excepthook = threading.__excepthook__
    for handler in [*getLogger().handlers]:
        getLogger().removeHandler(handler)
    children = processes._started  # pyright: ignore[reportPrivateUsage] # the parent's own
    _outlived.extend(children)
    children.clear()
    for each in (console, error_console):
        each.cache_clear()


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def _python_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}
