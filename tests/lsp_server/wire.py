"""A language server as its editor sees it: a process, whole messages in, whole messages out."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from tests.support.warm import WarmProcess

PODIUM = Path(sys.executable).with_name("podium")
TIMEOUT = 300.0

Json = dict[str, Any]
Reply = Callable[[Json], Any]

NO_ANSWER = object()
"""What a handler returns that lets a question of the server stand."""


class Editor:
    """An editor with a server of its own; a context manager.

    Args:
        folder: the folder that it has open, or None for none.
        capabilities: what it can do.
        replies: by method, how it answers questions of the server.
        command: another server than ours; always started afresh.
        environment: variables beside those of this process.
        fresh: start the installed command, for tests of how a server starts, instead of forking a
            process that has loaded the server.
    """

    def __init__(
        self,
        folder: Path | None,
        capabilities: Json | None = None,
        *,
        options: Json | None = None,
        replies: Mapping[str, Reply] | None = None,
        command: list[str] | None = None,
        environment: Mapping[str, str] | None = None,
        fresh: bool = False,
    ) -> None:
        self.folder = folder
        self.capabilities = capabilities if capabilities is not None else {}
        self.options = options or {}
        self.replies: dict[str, Reply] = {**_DEFAULTS, **(replies or {})}
        self.notices: list[Json] = []
        self.questions: list[Json] = []
        self.diagnostics: dict[str, list[Json]] = {}
        self.versions: dict[str, int | None] = {}
        self.published: list[Json] = []
        self.server: Json = {}
        if fresh:
            command = [str(PODIUM), "lsp"]
        self._input, self._output, self._error, self.process = _started(command, environment)
        self._messages: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._answers: dict[Any, Json] = {}
        self._last = 0
        self._asked: set[Any] = set()
        self._answered: set[Any] = set()
        self._errors = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._stderr = threading.Thread(target=self._read_errors, daemon=True)
        self._stderr.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._stderr.join(TIMEOUT)
        self._reader.join(TIMEOUT)
        for stream in (self._input, self._output, self._error):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    # -- the wire

    def write(self, content: bytes) -> None:
        """Write bytes as they are."""
        self._input.write(content)
        self._input.flush()

    def close_input(self) -> None:
        """Close the server's standard input."""
        self._input.close()

    def send(self, message: Json) -> None:
        """Write one message."""
        body = json.dumps(message).encode()
        self.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any, name: Any = None) -> Any:
        """Send a request and return its id."""
        self._last += 1
        name = f"r{self._last}" if name is None else name
        self._asked.add(name)
        self.send({"jsonrpc": "2.0", "id": name, "method": method, "params": params})
        return name

    def answer(self, name: Any) -> Json:
        """Wait for the answer to a request and return it whole."""
        while name not in self._answers:
            self.step()
        return self._answers.pop(name)

    def ask(self, method: str, params: Any) -> Any:
        """Send a request and return its result; an error fails the test."""
        answer = self.answer(self.request(method, params))
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def refused(self, method: str, params: Any) -> Json:
        """Send a request and return the error that it is answered with."""
        answer = self.answer(self.request(method, params))
        assert "error" in answer, answer
        error: Json = answer["error"]
        return error

    def step(self) -> None:
        """Take in one message of the server."""
        message = self._messages.get(timeout=TIMEOUT)
        assert message is not None, f"the server has ended: {self._errors.decode()}"
        if "method" not in message:
            assert message["id"] not in self._answers, "answered twice"
            self._answers[message["id"]] = message
            self._answered.add(message["id"])
        elif "id" in message:
            self.questions.append(message)
            result = self.replies[message["method"]](message.get("params") or {})
            if result is not NO_ANSWER:
                self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})
        else:
            self._take_in(message)

    def drain(self) -> None:
        """Take in what has come already."""
        while not self._messages.empty():
            self.step()

    @property
    def unanswered(self) -> list[Any]:
        """Return the names of requests that wait for their answer."""
        return sorted(self._asked - self._answered, key=str)

    def wait(self, holds: Callable[[], Any]) -> Any:
        """Take messages in until something holds, and return it."""
        while not (found := holds()):
            self.step()
        return found

    # -- what editors do

    def initialize(self, **more: Any) -> Json:
        """Open the session and return what the server can do."""
        uri = self.folder.as_uri() if self.folder else None
        params: Json = {
            "processId": os.getpid(),
            "rootUri": uri,
            "capabilities": self.capabilities,
            "initializationOptions": self.options,
            "workspaceFolders": [{"uri": uri, "name": "w"}] if uri else None,
            **more,
        }
        self.server = self.ask("initialize", params)
        self.notify("initialized", {})
        return self.server

    def open(
        self, path: Path, text: str | None = None, language: str = "python", version: int = 1
    ) -> str:
        """Open a file, or another text in its place; return its URI."""
        content = path.read_text() if text is None else text
        item = {"uri": path.as_uri(), "languageId": language, "version": version, "text": content}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return path.as_uri()

    def change(self, uri: str, version: int, *changes: Json) -> None:
        """Edit an open text; a change without a range replaces all of it."""
        which = {"uri": uri, "version": version}
        params = {"textDocument": which, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def command(self, name: str, **arguments: Any) -> Any:
        """Run a command and return its result."""
        return self.ask("workspace/executeCommand", {"command": name, "arguments": [arguments]})

    def shown_of(self, uri: str, version: int) -> list[Json]:
        """Wait until something is shown of one version of a text, and return it."""
        self.wait(lambda: self.versions.get(uri) == version and self.diagnostics[uri])
        return self.diagnostics[uri]

    def messages_of(self, uri: str) -> list[str]:
        """Return what is shown of a text."""
        return [each["message"] for each in self.diagnostics.get(uri, [])]

    def shut_down(self) -> int:
        """End the session as the protocol says and return the exit code."""
        self.ask("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(timeout=TIMEOUT)

    @property
    def errors(self) -> str:
        """Return what the server wrote on its standard error, once it has ended."""
        self._stderr.join(TIMEOUT)
        return self._errors.decode()

    def _take_in(self, message: Json) -> None:
        self.notices.append(message)
        if message["method"] == "textDocument/publishDiagnostics":
            params = message["params"]
            self.published.append(params)
            self.diagnostics[params["uri"]] = params["diagnostics"]
            self.versions[params["uri"]] = params.get("version")

    def _read(self) -> None:
        stream = self._output
        while header := stream.readline():
            name, _, value = header.partition(b":")
            assert name.lower() == b"content-length", f"not the protocol: {header!r}"
            while stream.readline().strip():
                pass
            self._messages.put(json.loads(stream.read(int(value))))
        self._messages.put(None)

    def _read_errors(self) -> None:
        self._errors = self._error.read()


Started = tuple[BinaryIO, BinaryIO, BinaryIO, "subprocess.Popen[bytes] | WarmProcess"]


def _started(command: Sequence[str] | None, environment: Mapping[str, str] | None) -> Started:
    """Start a server and return its input, its output, its errors and its process."""
    (source, to_server), (from_server, sink), (errors, error_sink) = (os.pipe() for _ in range(3))
    theirs = (source, sink, error_sink)
    process: subprocess.Popen[bytes] | WarmProcess
    if command:
        variables = {**os.environ, **(environment or {})}
        process = subprocess.Popen(
            command, stdin=source, stdout=sink, stderr=error_sink, env=variables
        )
    else:
        process = WarmProcess([], Path.cwd(), theirs, "lsp", environment)
    for each in theirs:
        os.close(each)
    return (
        os.fdopen(to_server, "wb"),
        os.fdopen(from_server, "rb"),
        os.fdopen(errors, "rb"),
        process,
    )


def change(line: int, start: int, end: int, text: str, last: int | None = None) -> Json:
    """Return a change of one line, or from one line into another."""
    stop = {"line": line if last is None else last, "character": end}
    return {"range": {"start": {"line": line, "character": start}, "end": stop}, "text": text}


def at(uri: str, line: int, column: int) -> Json:
    """Return the parameters of a request about a place."""
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}


def _none(params: Json) -> None:
    del params


_DEFAULTS: dict[str, Reply] = {
    "client/registerCapability": _none,
    "window/workDoneProgress/create": _none,
    "workspace/codeLens/refresh": _none,
    "workspace/inlayHint/refresh": _none,
    "workspace/configuration": lambda params: [None for _ in params["items"]],
    "window/showDocument": lambda params: {"success": True},
}
