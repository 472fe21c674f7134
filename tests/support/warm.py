"""Servers and runners that are forked from a process that has loaded them.

To load one takes more than a second of the processor. Only tests of the start itself need that;
all others get a process of their own without it. Run as a module, this is the process that loads
everything once and forks.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, NoReturn

from tests.support import forked_worker
from tests.support.goldens import ROOT

_NUMBER = struct.Struct("!i")
_one_request = threading.Lock()
_PROGRAMS = (
    "podium_cli.main",
    "podium_mcp.server.stdio",
    "podium_mcp.server.http",
    "podium.app.runner_process",
)
_RUNNER = "runner"


class WarmProcess:
    """A process of its own; like `subprocess.Popen`, as far as tests need it.

    Args:
        words: the arguments of the program.
        folder: the working folder.
        streams: file descriptors of its standard input, output and error; the caller closes them.
        program: `mcp` or `lsp` for a server, `runner` for a runner, which may outlive the tests.
        environment: variables beside those of this process.
    """

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        streams: Sequence[int],
        program: str = "mcp",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name = f"podium {program}"
        request = {
            "program": program,
            "words": [*words],
            "folder": str(folder),
            "environment": {**os.environ, **(environment or {})},
        }
        content = json.dumps(request).encode()
        self._report, report = socket.socketpair()
        with report, _one_request:
            control = _loaded_process()
            socket.send_fds(control, [_NUMBER.pack(len(content))], [*streams, report.fileno()])
            control.sendall(content)
        self.pid = _NUMBER.unpack(_exactly(self._report, _NUMBER.size))[0]
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._read(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        code = self._read(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self._name, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def detach(self) -> None:
        """Give up to wait for it."""
        self._report.close()

    def _read(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._report], [], [], timeout)[0]:
            self.returncode = _NUMBER.unpack(_exactly(self._report, _NUMBER.size))[0]
            self._report.close()
        return self.returncode


def start_runner(root: Path) -> None:
    """Start a runner, as `podium.app.runner_start` does."""
    log_path = root / ".podium" / "run" / "logs" / "runner.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.devnull, "rb") as nothing, open(log_path, "ab") as log:
        streams = [nothing.fileno(), log.fileno(), log.fileno()]
        WarmProcess([str(root)], Path("/"), streams, _RUNNER).detach()


@cache
def _loaded_process() -> socket.socket:
    """Return the connection to the process that forks; it ends with this one."""
    own, theirs = socket.socketpair()
    command = [sys.executable, "-m", __name__, str(theirs.fileno())]
    with theirs:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
        )

    def end() -> None:
        own.close()
        process.wait()

    atexit.register(end)
    return own


def _exactly(source: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = source.recv(size - len(content))
        assert more, "the other end is gone"
        content += more
    return content


def _serve(control: socket.socket, servers: set[int]) -> None:
    """Fork a process for every request, until the other end is closed; note those of servers."""
    while True:
        header, streams, _, _ = socket.recv_fds(control, _NUMBER.size, 4)
        if not header:
            return
        header += _exactly(control, _NUMBER.size - len(header))
        request = json.loads(_exactly(control, _NUMBER.unpack(header)[0]))
        pid = os.fork()
        if pid == 0:
            control.close()
            _keep(request, streams)
        if request["program"] != _RUNNER:
            servers.add(pid)
        for each in streams:
            os.close(each)
        _reap(servers)


def _keep(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Start the program, and report its id and then its exit code."""
    if request["program"] == _RUNNER:
        # What may outlive the tests must not hold their output open.
        with open(os.devnull, "r+b") as nothing:
            for number in range(3):
                os.dup2(nothing.fileno(), number)
    with socket.socket(fileno=streams.pop()) as report:
        pid = os.fork()
        if pid == 0:
            report.close()
            _run(request, streams)
        for each in streams:
            os.close(each)
        report.sendall(_NUMBER.pack(pid))
        _, status = os.waitpid(pid, 0)
        try:
            report.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(status)))
        except OSError:
            # Nobody waits for it any more.
            os._exit(1)
    os._exit(0)


def _run(request: dict[str, Any], streams: list[int]) -> NoReturn:
    from podium.__main__ import main as start_internal
    from podium_cli.main import main as start_server

    program, words = request["program"], request["words"]
    code = 70
    try:
        for number, each in enumerate(streams):
            os.dup2(each, number)
        for each in set(streams):
            os.close(each)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        sys.argv = ["podium", program, *words]
        forked_worker.fork_workers()
        if program == _RUNNER:
            os.setsid()
            code = start_internal()
        else:
            code = start_server()
    except BaseException:  # noqa: BLE001 - a forked process must never run on into the tests
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _modules_of(package: ModuleType) -> list[str]:
    return [each.name for each in walk_packages(package.__path__, f"{package.__name__}.")]


def _reap(servers: set[int]) -> None:
    """Collect what has ended, so that its processor time counts as the tests'."""
    try:
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            servers.discard(pid)
    except ChildProcessError:
        return


def main() -> None:
    """Load everything and fork on request."""
    import podium_lsp
    from podium.operations.table import OPERATION_IDS, load_operation

    for name in (*_PROGRAMS, *_modules_of(podium_lsp)):
        import_module(name)
    for name in OPERATION_IDS:
        load_operation(name)
    forked_worker.load()
    gc.collect()
    gc.freeze()
    servers: set[int] = set()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        _serve(control, servers)
    _reap(servers)
    while servers:
        servers.discard(os.wait()[0])


if __name__ == "__main__":
    main()
