"""The fork server: a process of one runner that has imported what calls need, and forks shims.

A forked shim starts without importing anything. The server holds no secret: it is started with a
minimal environment, and the environment of a call is read by the forked shim. It holds a call's
lock only between receiving and forking. It exits when the runner closes its socket or dies; the
shims outlive it.
"""

import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from podium.agents import shim
from podium.agents.fork_protocol import ANSWER, ForkedCall, Message
from podium.agents.registry import preload_agent
from podium.platform.installation import program_identity, was_replaced
from podium.platform.process.start_state import preload_title, set_title


def main(arguments: Sequence[str]) -> int:
    """Fork shims until the runner closes the socket.

    Args:
        arguments: the number of the socket's descriptor.

    Returns:
        The exit code of the process.
    """
    # Children are reaped by the system. A shim turns this off: it waits for its own children.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(arguments[0])) as runner:
        runner.set_inheritable(False)
        preload_title()
        shim.preload()
        gc.freeze()
        while _serve_one(runner):
            pass
    return 0


def _serve_one(runner: socket.socket) -> bool:
    """Handle one message; return False when the server has to exit."""
    message, descriptors = Message.receive(runner)
    try:
        if message is None or not _is_fit_for(message):
            return False
        if preload_agent(message.agent):
            gc.collect()
            gc.freeze()
        # A thread that an import started would be missing in the copy, perhaps with a lock held.
        if not _is_single_threaded():
            return False
        if os.fork() == 0:
            runner.close()
            _become_shim(*descriptors)
        return True
    finally:
        for each in descriptors:
            os.close(each)


def _is_fit_for(message: Message) -> bool:
    """Return whether this process is of the runner's program, and can still import from it."""
    return message.program == program_identity() and not was_replaced()


def _is_single_threaded() -> bool:
    return len(os.listdir("/proc/self/task")) == 1


def _become_shim(call_socket: int, lock: int, log: int) -> NoReturn:
    """Run the call in this forked process; never returns into the server's code."""
    code = 1
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        folder = _take_over(call_socket)
        code = shim.main([folder, str(lock)])
    except BaseException:  # noqa: BLE001 - the process ends here, whatever happened
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _take_over(call_socket: int) -> str:
    """Become what a process started by the runner would be, and answer; return the call's folder.

    Before the answer nothing of the call has happened, so every error may end the process.
    """
    with socket.socket(fileno=call_socket) as runner:
        call = ForkedCall.receive(runner)
        call.state.take_over()
        os.chdir(call.folder)
        sys.argv = [sys.argv[0], "shim", call.folder]
        set_title([sys.executable, "-P", "-m", "podium", "shim", call.folder])
        runner.sendall(ANSWER)
    return call.folder
