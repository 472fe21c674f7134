"""The process that follows a script; avoids slow imports.

It inherits the file descriptors that keep the call alive and writes the events itself, the reply
last, so it finishes the call even if the process that started it is killed.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from podium.errors import PathOutsideWorkspace
from podium.platform.atomic_write import replace_file
from podium.platform.clock import LimitClock
from podium.platform.owned_files import open_file
from podium_adapters.working_folder import writable_path

OUTPUT_CHARACTERS = 16_000
"""Maximum number of characters to report from the end of a command's output."""


class AttemptEndedError(Exception):
    """The attempt ended before its last step.

    Args:
        reply: the fields of the reply that differ from a success.
    """

    def __init__(self, **reply: Any) -> None:
        super().__init__(reply.get("detail", ""))
        self.reply = reply


def main(arguments: Sequence[str]) -> int:
    """Run one job.

    Args:
        arguments: the job's file; `agent.py` writes it.

    Returns:
        The exit code; the outcome of the call is in its output.
    """
    return follow(json.loads(Path(arguments[0]).read_bytes()))


def follow(job: dict[str, Any]) -> int:
    """Run one job and return the exit code of the process."""
    player = Player(job)
    player.note_in_ledger("start")
    player.play()
    player.note_in_ledger("end")
    return 0


class Player:
    """Follows the steps of one attempt.

    Args:
        job: key, folder, output, ledger, limits, seconds, write, commands, prefix and steps.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._folder = Path(job["folder"])
        self._output = _open_to_append(job["output"])
        self._clock = LimitClock(Path(job["limits"]) if job.get("limits") else None)
        self._ends_at = self._clock.now() + float(job["seconds"])
        self._prefix: list[str] = [*job.get("prefix", ())]
        self._reply_parts: list[str] = []
        self._denied: list[str] = []
        self._used: dict[str, float] = {}
        self._kinds: dict[str, Callable[[Any], None]] = {
            "write": self._write,
            "replace": self._replace,
            "delete": self._delete,
            "truncate": self._truncate,
            "cut": self._truncate,
            "run": self._run,
            "say": self._say,
            "use": self._use,
            "delay": self._wait,
            "fail": self._fail,
            "garbage": self._print_garbage,
            "hang": self._hang,
            "crash": self._crash,
        }

    def play(self) -> None:
        """Run all steps and write the reply as the last line."""
        ending: dict[str, Any] = {"outcome": "completed"}
        try:
            for step in self._job["steps"]:
                ((kind, value),) = step.items()
                self._kinds[kind](value)
        except AttemptEndedError as error:
            ending = error.reply
        except (OSError, UnicodeError) as error:
            ending = {"outcome": "failed", "detail": str(error)}
        reply = {"text": "".join(self._reply_parts), "denied": self._denied} | ending
        if self._used:
            reply["usage"] = self._used
        self._emit({"type": "final", "reply": reply})
        os.fsync(self._output)

    def note_in_ledger(self, word: str) -> None:
        """Append one line to the ledger, if there is one."""
        if self._job["ledger"]:
            ledger = _open_to_append(self._job["ledger"])
            os.write(ledger, f"{word} {self._job['key']}\n".encode())
            os.close(ledger)

    # -- steps

    def _write(self, value: dict[str, Any]) -> None:
        self._save(value["path"], value["content"].encode())

    def _truncate(self, value: dict[str, Any]) -> None:
        self._save(value["path"], value["content"].encode()[: value["at"]])

    def _replace(self, value: dict[str, Any]) -> None:
        text = self._reach(value["path"]).read_bytes()
        old = value["old"].encode()
        if (count := text.count(old)) != 1:
            detail = f"{value['path']}: the text to replace occurs {count} times, not once"
            raise AttemptEndedError(outcome="failed", detail=detail)
        self._save(value["path"], text.replace(old, value["new"].encode()))

    def _delete(self, path: str) -> None:
        with self._tool(f"delete {path}", [path]):
            self._reach(path).unlink()

    def _run(self, argv: list[str]) -> None:
        title = "run " + " ".join(argv)
        if not self._job["commands"]:
            raise self._denial(title, "this role may not run commands")
        with self._tool(title, []):
            self._note_output(*self._finish(argv))

    def _say(self, text: str) -> None:
        self._reply_parts.append(text)
        self._emit({"type": "text", "text": text})

    def _use(self, usage: dict[str, float]) -> None:
        for name, value in usage.items():
            self._used[name] = self._used.get(name, 0) + value

    def _wait(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while (left := min(ends_at - time.monotonic(), self._seconds_left())) > 0:
            time.sleep(left)
        if self._seconds_left() <= 0:
            raise self._time_out()

    def _fail(self, value: dict[str, Any]) -> None:
        raise AttemptEndedError(**value)

    def _print_garbage(self, text: str) -> None:
        os.write(self._output, f"{text}\n".encode())

    def _hang(self, _: object) -> None:
        self._wait(float("inf"))

    def _crash(self, _: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    # -- helpers

    def _reach(self, path: str) -> Path:
        if not self._job["write"]:
            raise self._denial(f"write {path}", "this role may not change files")
        try:
            return writable_path(self._folder, path)
        except PathOutsideWorkspace as error:
            raise self._denial(f"write {path}", error.why) from error

    def _save(self, path: str, content: bytes) -> None:
        with self._tool(f"write {path}", [path]):
            replace_file(self._reach(path), content)

    def _finish(self, argv: list[str]) -> tuple[int, str]:
        """Run a command; it inherits the file descriptors that keep the call alive."""
        try:
            # A sandbox would report it as a failed command; a container has its own programs.
            is_known = bool(self._job.get("has_image")) or shutil.which(argv[0]) is not None
            if self._prefix and not is_known:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            process = subprocess.Popen(
                [*self._prefix, *argv],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                close_fds=False,
            )
        except OSError as error:
            detail = f"{argv[0]} cannot be run: {error.strerror}"
            raise AttemptEndedError(outcome="failed", detail=detail) from error
        while True:
            try:
                output, _ = process.communicate(timeout=max(0.0, self._seconds_left()))
                return process.returncode, output.decode("utf-8", "replace")
            except subprocess.TimeoutExpired as error:
                if self._seconds_left() > 0:
                    continue  # the limits were suspended
                _kill_children()
                raise self._time_out() from error

    def _note_output(self, code: int, output: str) -> None:
        if output:
            self._emit({"type": "note", "text": output[-OUTPUT_CHARACTERS:]})
        if code != 0:
            raise AttemptEndedError(outcome="failed", detail=f"the command exited with code {code}")

    def _denial(self, what: str, why: str) -> AttemptEndedError:
        self._denied.append(f"{what}: {why}")
        self._emit({"type": "permission", "title": what, "allowed": False, "reason": why})
        return AttemptEndedError(outcome="refused", detail=f"{what} was denied: {why}")

    def _time_out(self) -> AttemptEndedError:
        detail = f"it took longer than {self._job['seconds']:g} s"
        return AttemptEndedError(outcome="timed-out", detail=detail)

    def _seconds_left(self) -> float:
        return self._ends_at - self._clock.now()

    def _tool(self, title: str, paths: list[str]) -> "_Tool":
        self._tools = getattr(self, "_tools", 0) + 1
        event = {"type": "tool", "id": str(self._tools), "title": title, "paths": paths}
        return _Tool(self._emit, event)

    def _emit(self, event: dict[str, Any]) -> None:
        os.write(self._output, (json.dumps(event, ensure_ascii=False) + "\n").encode())


class _Tool:
    """Emits the start and the end of a tool use."""

    def __init__(self, emit: Callable[[dict[str, Any]], None], event: dict[str, Any]) -> None:
        self._emit = emit
        self._event = event

    def __enter__(self) -> None:
        self._emit(self._event | {"status": "running"})

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._emit(self._event | {"status": "failed" if kind else "completed"})


def _open_to_append(path: str) -> int:
    return open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _kill_children() -> None:
    import psutil  # needed only here, and slow to import

    for process in psutil.Process().children(recursive=True):
        process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
