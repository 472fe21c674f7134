"""A model on loopback, for driving real coding agents without a model and without a network.

    script = rules((r"task t-1", [WriteFile("a.py", "x = 1\\n"), Say("written")]))
    with ModelServer(script) as model:
        run_an_agent(base_url=model.url())
        assert model.turns

It speaks Gemini generateContent, OpenAI chat completions and responses, and Anthropic messages,
streamed or whole. What the model says is decided by a *script* (see `model_script`); faults are
chosen by the script, or by the base URL: `model.url("status", code=429, retry_after=1)`.
"""

import json
import os
import re
import shlex
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlencode

from tests.support import model_dialects
from tests.support.model_dialects import Answer, Events
from tests.support.model_script import (
    CallTool,
    Fault,
    FaultKind,
    Json,
    RunCommand,
    Say,
    Script,
    Step,
    Turn,
    WriteFile,
    from_prompt,
)

# A tool's name to the arguments that make it write a whole file; the first one offered is used.
_WRITERS: dict[str, Callable[[str, str], Json]] = {
    "Write": lambda path, content: {"file_path": path, "content": content},
    "write_file": lambda path, content: {"file_path": path, "content": content},
    "write": lambda path, content: {"filePath": path, "content": content},
    "create": lambda path, content: {"path": path, "file_text": content},
    "Create": lambda path, content: {"file_path": path, "content": content},
}
_PATCHER = "apply_patch"
"""A tool whose whole argument is the text of a patch."""
_CAN_ASK = re.compile(r"`sandbox_mode` is `read-only`.*# Escalation Requests", re.DOTALL)
"""What Codex tells the model where a command that changes anything has to ask first."""
_RUNNERS: dict[str, Callable[[str], Json]] = {
    "exec_command": lambda command: {"cmd": command},
    "run_command": lambda command: {"command": ["sh", "-c", command]},
    "Bash": lambda command: {"command": command, "description": "a test"},
    "bash": lambda command: {"command": command, "description": "a test"},
    "run_shell_command": lambda command: {
        "command": command,
        "description": "a test",
        "is_background": False,
    },
    "Execute": lambda command: {"command": command},
}


class ModelServer:
    """The server; a context manager that serves from a thread.

    Args:
        script: what the model says; by default what a directive in the prompt demands.

    `turns` holds every request of the conversation proper, in order, `side_requests` the others
    (titles, routing), which the server answers by itself.
    """

    def __init__(self, script: Script = from_prompt) -> None:
        self.script = script
        self.turns: list[Turn] = []
        self.side_requests: list[Turn] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._met: dict[str, int] = {}
        self._calls = 0
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.model = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def url(self, fault: FaultKind | None = None, **settings: Any) -> str:
        """Return the base URL that an agent is given, without a version part such as `/v1`.

        Args:
            fault: makes every request under this URL meet with a fault.
            settings: the fields of `Fault`: code, retry_after, seconds, times, words.
        """
        address = f"http://127.0.0.1:{self._http.server_address[1]}"
        if fault is None:
            return address
        return f"{address}/fault/{fault}/{urlencode(settings) or 'all'}"

    def answer(self, turn: Turn, fault: Fault | None, place: str) -> tuple[Answer, Fault | None]:
        """Return what the model says to `turn`, and the fault that befalls the saying."""
        with self._lock:
            (self.side_requests if turn.is_side_request else self.turns).append(turn)
            self._calls += 1
            call_id = f"call_{self._calls}"
        step = _side_answer(turn) if turn.is_side_request else self.script(turn)
        if isinstance(step, Fault):
            fault, step = step, step.step or from_prompt(turn)
            place = turn.prompt
        if fault and fault.times and self._count(place) > fault.times:
            fault = None
        return replace(_answer(turn, step), call_id=call_id), fault

    def _count(self, place: str) -> int:
        with self._lock:
            self._met[place] = self._met.get(place, 0) + 1
            return self._met[place]


def _side_answer(turn: Turn) -> Step:
    return Say("A title" if turn.schema is None else json.dumps(_sample(turn.schema)))


def _sample(schema: Json) -> Any:
    """Return a small value that a JSON Schema accepts."""
    if choices := schema.get("enum"):
        return choices[0]
    kind = str(schema.get("type", "object")).lower()
    if kind == "object":
        known: Json = schema.get("properties") or {}
        return {name: _sample(known.get(name, {})) for name in schema.get("required") or known}
    samples: Json = {"array": [], "boolean": False, "number": 0, "integer": 0}
    return samples.get(kind, "a test")


def _answer(turn: Turn, step: Step) -> Answer:
    match step:
        case Say(text, finish):
            return Answer(text=text, finish=finish)
        case WriteFile(path, content):
            return _write(turn, path, content)
        case RunCommand(command):
            return _call(turn, _RUNNERS, lambda make: make(command))
        case CallTool(pattern, arguments):
            name = next((each for each in turn.tools if re.search(pattern, each)), "")
            return Answer(tool=name, arguments=arguments) if name else _no_tool(turn, pattern)
        case Fault():
            raise ValueError("a fault may not hold a fault")


def _write(turn: Turn, path: str, content: str) -> Answer:
    where = path if path.startswith("/") or not turn.folder else f"{turn.folder}/{path}"
    if _PATCHER in turn.tools and not set(_WRITERS) & set(turn.tools):
        return Answer(tool=_PATCHER, arguments=_patch(where, content))
    if not turn.tools:
        return Answer(text=f"{path}\n```\n{content}```\n")
    if not set(_WRITERS) & set(turn.tools):
        command = f"printf %s {shlex.quote(content)} > {shlex.quote(where)}"
        return _call(turn, _RUNNERS, lambda make: make(command))
    return _call(turn, _WRITERS, lambda make: make(where, content))


def _patch(path: str, content: str) -> str:
    lines = "".join(f"+{line}\n" for line in content.splitlines())
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch"


def _call(turn: Turn, makers: dict[str, Any], arguments: Callable[[Any], Json]) -> Answer:
    name = next((each for each in makers if each in turn.tools), "")
    if not name:
        return _no_tool(turn, " or ".join(makers))
    given = arguments(makers[name])
    if name == "exec_command" and _CAN_ASK.search(turn.system):
        given |= {"sandbox_permissions": "require_escalated", "justification": "May I?"}
    return Answer(tool=name, arguments=_fitted(turn, name, given))


_PATHS = ("file_path", "filePath", "path")


def _fitted(turn: Turn, tool: str, given: Json) -> Json:
    """Return arguments that the tool's own schema accepts, where the agent sends one."""
    offered: list[Json] = turn.body.get("tools") or []
    functions: list[Json] = [each.get("function") or {} for each in offered]
    schemas: list[Json] = [each["parameters"] for each in functions if each.get("name") == tool]
    schema = schemas[0] if schemas else {}
    known: Json = schema.get("properties") or {}
    if turn.dialect != "chat" or not known:
        return given
    path = next((given[name] for name in _PATHS if name in given), None)
    aliases = {} if path is None else dict.fromkeys(_PATHS, path)
    fitted = {name: value for name, value in (aliases | given).items() if name in known}
    required: list[str] = schema.get("required") or []
    missing = [name for name in required if name not in fitted]
    return fitted | {name: _sample(known[name]) for name in missing}


def _no_tool(turn: Turn, wanted: str) -> Answer:
    return Answer(text=f"NO SUCH TOOL {wanted}; offered: {', '.join(turn.tools)}")


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    model: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def model(self) -> ModelServer:
        return cast(_Http, self.server).model

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        pass

    def do_GET(self) -> None:
        models = [{"id": "test-model", "object": "model", "created": 0, "owned_by": "test"}]
        self._send(200, {"object": "list", "data": models, "has_more": False})

    def do_POST(self) -> None:
        body: Json = json.loads(
            self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"
        )
        path, fault = _split(self.path)
        dialect = model_dialects.dialect_of(path)
        if dialect is None:
            counts = {"input_tokens": model_dialects.INPUT_TOKENS}
            self._send(*((200, counts) if "ount" in path else (404, model_dialects.error("", 404))))
            return
        turn = model_dialects.read_turn(dialect, path, body)
        answer, fault = self.model.answer(turn, fault, self.path)
        if fault and fault.kind in ("status", "hang"):
            self._refuse(dialect, fault)
        elif turn.stream:
            self._stream(model_dialects.stream(dialect, turn, answer), fault)
        elif fault and fault.kind == "malformed":
            self._stream(iter([("", "{not json")]), None)
        else:
            self._send(200, model_dialects.whole(dialect, turn, answer))

    def _refuse(self, dialect: str, fault: Fault) -> None:
        if fault.kind == "hang":
            self.model.stopping.wait(fault.seconds)
            self.close_connection = True
            return
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        self._send(fault.code, model_dialects.error(dialect, fault.code, fault.words), headers)

    def _send(self, code: int, body: Json, headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(body).encode()
        self.send_response(code)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, events: Events, fault: Fault | None) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        kind = fault.kind if fault else None
        said = list(events)
        middle = max(1, len(said) // 2) if len(said) < 5 else 2
        for number, (name, data) in enumerate(said):
            if number == middle and kind in ("cut", "reset", "stall"):
                self._break(cast(Fault, fault))
                return
            if kind == "slow":
                self.model.stopping.wait(cast(Fault, fault).seconds)
            payload = data if isinstance(data, str) else json.dumps(data)
            if kind == "malformed":
                payload = "{not json"
            head = f"event: {name}\n" if name else ""
            self.wfile.write(f"{head}data: {payload}\n\n".encode())
            self.wfile.flush()

    def _break(self, fault: Fault) -> None:
        if fault.kind == "stall":
            self.model.stopping.wait(fault.seconds)
        if fault.kind == "reset":
            # Closed like this, the system sends a reset instead of an end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())


def _split(path: str) -> tuple[str, Fault | None]:
    """Return a request's path without the part that chooses a fault, and that fault."""
    path = path.split("?")[0]
    found = re.match(r"/fault/([a-z]+)/([^/]*)(/.*)", path)
    if not found:
        return path, None
    settings = dict(parse_qsl(found[2]))
    fault = Fault(
        cast(FaultKind, found[1]),
        code=int(settings.get("code", 500)),
        retry_after=float(settings["retry_after"]) if "retry_after" in settings else None,
        seconds=float(settings.get("seconds", 600)),
        times=int(settings.get("times", 0)),
        words=settings.get("words", ""),
    )
    return found[3], fault
