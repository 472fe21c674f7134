"""One turn of an agent by a few lines of code: start the program, say the same, wait for the end.

What is said was recorded from Podium's own turn. In ACP, ids are given by the agent, so requests
are sent one after the other with the session's id; the lines of other agents are sent as they were.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEAVE_SECONDS = 2.0
"""How long the program may take to leave once its input is closed, as in Podium."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """How Podium started an agent, and what it said.

    Args:
        argv: the program and its arguments.
        folder: the working folder.
        environment: the whole environment.
        said: what was written to the program's input.
        keeps_input_open: whether the input stayed open until the reply.
        scratch: the folder with what Podium made for the program, such as its home.
        copy: its contents at the start of the program.
    """

    argv: list[str]
    folder: Path
    environment: dict[str, str]
    said: bytes
    keeps_input_open: bool
    scratch: Path
    copy: Path

    @property
    def requests(self) -> list[Json]:
        """The requests of an ACP conversation, or nothing if it is none."""
        with contextlib.suppress(ValueError):
            messages = [json.loads(line) for line in self.said.splitlines()]
            if all(each.get("jsonrpc") == "2.0" for each in messages):
                return [each for each in messages if "method" in each and "id" in each]
        return []


def prepare(recorded: Recorded) -> None:
    """Bring the program's folders back to how they were."""
    shutil.rmtree(recorded.scratch)
    shutil.copytree(recorded.copy, recorded.scratch, symlinks=True)


def have_turn(recorded: Recorded) -> str:
    """Have the turn, and return everything that the program printed."""
    with open(os.devnull, "wb") as nothing:
        process = subprocess.Popen(
            recorded.argv,
            cwd=recorded.folder,
            env=recorded.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=nothing,
            start_new_session=True,
        )
    try:
        if requests := recorded.requests:
            return _converse(process, requests)
        return _say(process, recorded)
    finally:
        _leave(process)


def _say(process: "subprocess.Popen[bytes]", recorded: Recorded) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(recorded.said)
    process.stdin.flush()
    if not recorded.keeps_input_open:
        process.stdin.close()
    printed: list[bytes] = []
    for line in process.stdout:
        printed.append(line)
        if recorded.keeps_input_open and json.loads(line).get("type") == "result":
            break
    return b"".join(printed).decode()


def _converse(process: "subprocess.Popen[bytes]", requests: list[Json]) -> str:
    session, printed = "", ""
    for request in requests:
        params: Json = request["params"]
        if "sessionId" in params:
            params = {**params, "sessionId": session}
        _send(process, {**request, "params": params})
        answer, lines = _answer(process, request["id"])
        printed += lines
        assert "error" not in answer, answer
        result: Json = answer.get("result") or {}
        session = str(result.get("sessionId", session))
    return printed


def _answer(process: "subprocess.Popen[bytes]", number: Any) -> tuple[Json, str]:
    """Return the answer to a request, and the lines until then; refuse what the agent asks."""
    assert process.stdout is not None
    printed: list[str] = []
    for line in process.stdout:
        printed.append(line.decode())
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if "method" in message and "id" in message:
            refused = {"code": -32601, "message": "not here"}
            _send(process, {"jsonrpc": "2.0", "id": message["id"], "error": refused})
        elif message.get("id") == number:
            return message, "".join(printed)
    raise AssertionError("".join(printed))


def _send(process: "subprocess.Popen[bytes]", message: Json) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()


def _leave(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(LEAVE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
