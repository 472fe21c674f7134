"""The fork server: a process of one runner that has already imported agents' code and forks shims.

A forked shim starts without importing anything. The server holds no secrets: it is started with a
minimal environment, and the forked shim itself reads the environment of its call. The server holds
a call's lock only between receiving it and forking. It exits when the runner closes its socket or
dies; the shims outlive it.
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
    # The system reaps the children. A shim turns this off, because it waits for its own children.
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
        # A thread started by an import would be missing in the fork, perhaps while holding a lock.
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
    """Return whether this process has the runner's program version and can still import it."""
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
    """Apply the state that the runner's own child would have, and reply; return the call's folder.

    Before the reply, nothing has been done for the call, so any error may end the process.
    """
    with socket.socket(fileno=call_socket) as runner:
        call = ForkedCall.receive(runner)
        call.state.take_over()
        os.chdir(call.folder)
        sys.argv = [sys.argv[0], "shim", call.folder]
        set_title([sys.executable, "-P", "-m", "podium", "shim", call.folder])
        runner.sendall(ANSWER)
    return call.folder
