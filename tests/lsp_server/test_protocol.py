"""The wire: every request is answered, nothing else reaches it, the process ends as it should."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from podium_lsp.server.server import build_server
from tests.lsp_server.wire import NO_ANSWER, PODIUM, TIMEOUT, Editor, at
from tests.support.projects import Project, task

NOT_INITIALIZED, INVALID_REQUEST, INVALID_PARAMS, NO_METHOD = -32002, -32600, -32602, -32601
CANCELLED = -32800


@pytest.fixture
def editor(shared_project: Project) -> Iterator[Editor]:
    with Editor(shared_project.root, {"window": {"workDoneProgress": True}}) as editor:
        editor.initialize()
        yield editor


def test_the_session_ends_with_code_0_after_shutdown(shared_project: Project) -> None:
    with Editor(shared_project.root, fresh=True) as editor:
        editor.initialize()
        assert editor.shut_down() == 0
        assert editor.errors == ""


def test_an_exit_without_shutdown_ends_with_code_1(editor: Editor) -> None:
    editor.notify("exit", None)
    assert editor.process.wait(TIMEOUT) == 1


def test_the_end_of_input_ends_the_server(shared_project: Project) -> None:
    with Editor(shared_project.root, fresh=True) as editor:
        editor.initialize()
        editor.close_input()
        assert editor.process.wait(TIMEOUT) == 1


def test_the_server_ends_when_the_editor_is_killed_with_the_pipes_held_open(
    shared_project: Project,
) -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stand_in,
        Editor(shared_project.root, fresh=True) as editor,
    ):
        editor.initialize(processId=stand_in.pid)
        stand_in.kill()
        stand_in.wait()
        assert editor.process.wait(TIMEOUT) == 1


@pytest.mark.parametrize("method", ["textDocument/hover", "shutdown", "workspace/executeCommand"])
def test_a_request_before_initialize_is_refused(shared_project: Project, method: str) -> None:
    with Editor(shared_project.root) as editor:
        assert editor.refused(method, {})["code"] == NOT_INITIALIZED
        editor.initialize()
        assert editor.command("podium.status")["health"] == "ok"


def test_a_request_after_shutdown_is_refused(editor: Editor) -> None:
    editor.ask("shutdown", None)
    assert editor.refused("textDocument/hover", {})["code"] == INVALID_REQUEST


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("textDocument/hover", {"bogus": 1}, INVALID_PARAMS),
        ("textDocument/hover", 7, INVALID_PARAMS),
        ("textDocument/codeAction", {"textDocument": {"uri": 3}}, INVALID_PARAMS),
        ("workspace/executeCommand", {"command": "podium.no.such"}, INVALID_PARAMS),
        ("podium/noSuchMethod", {}, NO_METHOD),
    ],
)
def test_a_malformed_request_is_answered_and_nobody_is_bothered(
    editor: Editor, method: str, params: Any, code: int
) -> None:
    error = editor.refused(method, params)
    assert error["code"] in (code, -32603)
    assert "traceback" not in json.dumps(error).lower()
    assert editor.command("podium.status")["health"] == "ok"
    assert not [each for each in editor.notices if each["method"] == "window/showMessage"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"Content-Length: 5\r\n\r\n{oops",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 4\r\n\r\nnull",
        b"nonsense\r\nX-Header: 1\r\nCONTENT-LENGTH: 2\r\n\r\n{}",
    ],
)
def test_garbage_on_the_wire_is_passed_over(editor: Editor, garbage: bytes) -> None:
    editor.write(garbage)
    assert editor.command("podium.status")["health"] == "ok"


def test_a_malformed_notification_is_passed_over(editor: Editor) -> None:
    editor.notify("textDocument/didChange", {"textDocument": None})
    editor.notify("textDocument/didOpen", 3)
    editor.notify("no/such", [1])
    assert editor.command("podium.status")["health"] == "ok"
    assert not [each for each in editor.notices if each["method"] == "window/showMessage"]


def test_arguments_that_look_like_an_envelope_are_arguments(editor: Editor) -> None:
    envelope = {"jsonrpc": "2.0", "id": 1, "method": "x", "params": {"a": 1}}
    error = editor.refused(
        "workspace/executeCommand",
        {"command": "podium.plan.create", "arguments": [{"objective": "x", "tasks": envelope}]},
    )
    assert error["data"]["code"] in ("invalid-plan", "validation", "invalid-reply")


@pytest.mark.parametrize("arguments", [None, [], [{}]])
def test_a_command_may_come_without_arguments(editor: Editor, arguments: Any) -> None:
    params = {"command": "podium.plan.list", "arguments": arguments}
    assert editor.ask("workspace/executeCommand", params)["total"] == 0


@pytest.mark.parametrize("arguments", [[1], ["a"], [{}, {}]])
def test_a_command_with_other_arguments_is_told_what_it_takes(
    editor: Editor, arguments: Any
) -> None:
    params = {"command": "podium.plan.list", "arguments": arguments}
    assert "one object" in editor.refused("workspace/executeCommand", params)["message"]


def _asking(project: Project) -> Editor:
    """Return an editor whose person never answers a question."""
    view = project.ask("plan.create", objective="Test", tasks=[task("t1")])
    assert view.state == "draft"
    return Editor(project.root, replies={"window/showMessageRequest": lambda params: NO_ANSWER})


def _wait_question(editor: Editor) -> Any:
    question = editor.wait(
        lambda: [q for q in editor.questions if q["method"] == "window/showMessageRequest"]
    )
    return question[-1]["id"]


def test_a_cancelled_command_really_ends(project: Project) -> None:
    with _asking(project) as editor:
        editor.initialize()
        name = editor.request("workspace/executeCommand", {"command": "podium.plan.approve"})
        question = _wait_question(editor)
        editor.notify("$/cancelRequest", {"id": name})
        assert editor.answer(name)["error"]["code"] == CANCELLED
        # A yes that comes too late counts for nothing, and disturbs nobody.
        editor.send({"jsonrpc": "2.0", "id": question, "result": {"title": "Approve"}})
        # Were the command still at work, it would have had its turn to write before these.
        for _ in range(3):
            editor.command("podium.finding.add", path="app.py", message="m")
        assert editor.command("podium.plan.show")["state"] == "draft"
        assert not [each for each in editor.notices if each["method"] == "window/showMessage"]
        log = Path(editor.command("podium.status")["log"])
        assert not log.exists() or "crashed" not in log.read_text()


def test_an_answer_after_the_time_limit_counts_for_nothing(project: Project) -> None:
    with _asking(project) as editor:
        editor.options = {"approval": {"timeoutSeconds": 1}}
        editor.initialize()
        answer = editor.command("podium.plan.approve")
        assert answer == {"done": False, "reason": "not confirmed"}
        question = _wait_question(editor)
        editor.send({"jsonrpc": "2.0", "id": question, "result": {"title": "Approve"}})
        assert editor.command("podium.plan.show")["state"] == "draft"
        assert not [each for each in editor.notices if each["method"] == "window/showMessage"]
        log = Path(editor.command("podium.status")["log"])
        assert not log.exists() or "crashed" not in log.read_text()
        assert editor.shut_down() == 0


@pytest.mark.anyio
async def test_nothing_is_kept_of_a_notification_that_was_dealt_with() -> None:
    protocol: Any = build_server().protocol
    for value in ("off", "messages"):
        notice = {"jsonrpc": "2.0", "method": "$/setTrace", "params": {"value": value}}
        protocol.handle_message(notice)
    assert protocol._request_futures
    with anyio.fail_after(TIMEOUT):
        while protocol._request_futures:
            await anyio.lowlevel.checkpoint()


def test_an_answer_that_nobody_waits_for_any_more_is_dropped() -> None:
    protocol: Any = build_server().protocol
    given_up: Future[Any] = Future()
    given_up.cancel()
    protocol._request_futures["x"] = given_up
    protocol._handle_response("x", {"title": "Approve"})
    assert "x" not in protocol._request_futures


def test_shutting_down_with_commands_under_way_is_clean(project: Project) -> None:
    with _asking(project) as editor:
        editor.initialize()
        for _ in range(5):
            editor.request("workspace/executeCommand", {"command": "podium.plan.approve"})
        _wait_question(editor)
        assert editor.shut_down() == 0
        assert editor.errors == ""


def test_help_and_wrong_use_are_told_on_the_terminal() -> None:
    told = subprocess.run([PODIUM, "lsp", "--help"], capture_output=True, text=True, check=True)
    assert "Usage: podium lsp" in told.stdout
    wrong = subprocess.run([PODIUM, "lsp", "--bogus"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "'--bogus'" in wrong.stderr
    accepted = [str(PODIUM), "lsp", "--stdio", "--clientProcessId=1"]
    done = subprocess.run(accepted, input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_a_terminated_server_leaves_no_checker_behind(
    shared_project: Project, tmp_path: Path
) -> None:
    with Editor(shared_project.root, fresh=True) as editor:
        editor.initialize()
        uri = editor.open(shared_project.root / "app.py", "def f(:\n")
        editor.wait(lambda: editor.diagnostics.get(uri))
        children = _children(editor.process.pid)
        assert children
        os.kill(editor.process.pid, signal.SIGKILL)
        editor.process.wait(TIMEOUT)
        for child in children:
            _wait_gone(child)


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in text.split()]


def _wait_gone(pid: int) -> None:
    """Wait for the end of a process that is not our child; its limits bound the wait."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        import select

        ready, _, _ = select.select([handle], [], [], TIMEOUT)
        assert ready
    finally:
        os.close(handle)


def test_two_editors_hover_at_once(shared_project: Project) -> None:
    with Editor(shared_project.root) as one, Editor(shared_project.root) as other:
        one.initialize()
        other.initialize()
        for editor in (one, other):
            uri = editor.open(shared_project.root / "app.py")
            assert editor.ask("textDocument/hover", at(uri, 0, 0)) is None
