"""The agent `api`: endpoints, verdicts, edits and text mode. The cases of all agents are in
`tests/agents`."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.agents.local_dispatcher import LocalDispatcher
from podium.agents.replies.services import ShimServices
from podium.errors import AgentUnavailable
from podium.model.agents import AgentReply, Billing, Login, LoginState, Outcome, Role
from podium.platform.atomic_write import replace_file
from podium.ports.agent import FileBlock
from podium.ports.dispatcher import CallEnd, CallOutcome
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.rights import Rights
from podium_adapters.acp.transcript import Transcript
from podium_adapters.api.agent import api_agent
from podium_adapters.api.edits import Answer, Change, Editor
from podium_adapters.api.endpoint import Dialect, endpoint_of, presets
from podium_adapters.api.tools import ToolProblemError, list_files, read_lines, search
from podium_adapters.api.verdicts import judge_failure
from tests.adapters.harness import Call, new_call, request, run
from tests.support.agents import API_KEY
from tests.support.model_script import (
    CallTool,
    Fault,
    RunCommand,
    Say,
    Step,
    Turn,
    WriteFile,
    rules,
)
from tests.support.model_server import ModelServer

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PROFILE = Profile(name="api", title="Model API", summary="", install_hint="")


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return new_call(tmp_path)


# ---- endpoints


@pytest.mark.parametrize("name", presets())
@pytest.mark.promise("G2.openai", "G2.anthropic", "G2.gemini-api")
def test_a_provider_needs_only_its_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    preset = presets()[name]
    monkeypatch.delenv(preset.key, raising=False)
    options = {"provider": name, "model": "m"}
    found = endpoint_of(options)
    assert (found.dialect, found.base_url) == (preset.dialect, preset.base_url)
    is_openai = preset.dialect in (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES)
    assert (found.base_url.rpartition("/")[2][:1] == "v") == is_openai
    assert api_agent.available(options).available
    missing = LoginState.NOT_FOUND if preset.needs_key else LoginState.NOT_NEEDED
    assert api_agent.login(options, {}) == Login(state=missing)
    with_key = api_agent.login(options, {preset.key: "secret-value"})
    assert with_key == Login(state=LoginState.FOUND, place=preset.key, billing=Billing.METERED)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"provider": "nobody", "model": "m"}, "nobody"),
        ({"provider": "openai"}, "`model` is missing"),
        ({"model": "m"}, "`provider` is missing"),
        ({"model": "m", "dialect": "soap", "base_url": "http://x"}, "soap"),
        ({"model": "m", "dialect": "anthropic", "base_url": "x"}, "`base_url`"),
        ({"model": "m", "provider": "openai", "mode": "mime"}, "mime"),
        ({"model": "m", "provider": "openai", "effort": "endless"}, "endless"),
        ({"model": "m", "provider": "openai", "max_requests": "-1"}, "max_requests"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, str], words: str) -> None:
    with pytest.raises(AgentUnavailable) as caught:
        endpoint_of(options)
    assert words in f"{caught.value.what} {caught.value.why}"
    assert not api_agent.available(options).available


def test_without_the_libraries_it_says_how_to_get_them(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nothing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", find_nothing)
    options = {"provider": "ollama", "model": "m"}
    found = api_agent.available(options)
    reason = "install Podium with its extra api: uv tool install '.[api]' in a clone"
    assert (found.available, found.reason) == (False, reason)
    with pytest.raises(AgentUnavailable) as caught:
        run(api_agent, call, request(call, options=options))
    assert caught.value.hints == (reason,)


def test_podium_itself_loads_none_of_the_libraries() -> None:
    code = (
        "import sys, podium.app.runner_process, podium.agents.shim, podium.agents.fork_server;"
        "from podium.agents.registry import load_agent, preload_agent; assert preload_agent('api');"
        "load_agent('api').available({'provider': 'ollama', 'model': 'm'}); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "podium_adapters" in loaded
    assert not {"pydantic_ai", "openai", "anthropic", "google", "httpx", "httpx2"} & loaded


# ---- verdicts


def http(status: int, message: str = "", **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"status": status, "body": {"error": {"message": message}}, "headers": sent}


@pytest.mark.parametrize(
    ("failure", "outcome", "wait"),
    [
        (http(401, "no such key"), Outcome.UNAUTHENTICATED, None),
        (http(403, "not for you"), Outcome.UNAUTHENTICATED, None),
        (http(400, "API key not valid. Pass a valid API key."), Outcome.UNAUTHENTICATED, None),
        (http(400, "temperature is out of range"), Outcome.INVALID_REQUEST, None),
        (http(400, "prompt is too long: 210000 tokens"), Outcome.CONTEXT_TOO_LONG, None),
        (http(404, "no such model"), Outcome.INVALID_REQUEST, None),
        (http(402, "Insufficient Balance"), Outcome.QUOTA_EXHAUSTED, None),
        (http(413, "too large"), Outcome.CONTEXT_TOO_LONG, None),
        (http(429, "slow down", retry_after="7"), Outcome.RATE_LIMITED, 7.0),
        (http(429, "Please try again in 20s."), Outcome.RATE_LIMITED, 20.0),
        (http(429, "slow down", retry_after="86400"), Outcome.QUOTA_EXHAUSTED, 86400.0),
        (http(429, "You exceeded your current quota"), Outcome.QUOTA_EXHAUSTED, None),
        (http(500, "oops"), Outcome.UNAVAILABLE, None),
        (http(529, "Overloaded"), Outcome.UNAVAILABLE, None),
        ({"kind": "connection", "detail": "Connection error."}, Outcome.UNAVAILABLE, None),
        ({"kind": "cut", "detail": "no finish reason"}, Outcome.TRUNCATED, None),
        ({"kind": "bound", "detail": "too many requests"}, Outcome.TRUNCATED, None),
        ({"kind": "filter", "detail": "the model refused"}, Outcome.REFUSED, None),
        ({"kind": "reply", "detail": "not JSON"}, Outcome.INVALID_REPLY, None),
        ({"kind": "context", "detail": "it is full"}, Outcome.CONTEXT_TOO_LONG, None),
        ({"kind": "", "detail": "TypeError: x"}, Outcome.FAILED, None),
    ],
)
@pytest.mark.promise("G4.recognised")
def test_a_failure_has_an_outcome(
    failure: Mapping[str, object], outcome: Outcome, wait: float | None
) -> None:
    verdict = judge_failure(failure, PROFILE, NOW)
    assert (verdict.outcome, verdict.retry_after_seconds) == (outcome, wait)
    assert verdict.detail


# ---- edits


def edit(call: Call, change: Change, role: Role = Role.EXECUTOR) -> Answer:
    async def make() -> Answer:
        services = ShimServices()
        transcript = Transcript(PROFILE, call.sink, call.folder, str)
        backup = call.folder.parent / "backup"
        editor = Editor(Rights(request(call, role=role)), transcript, services, backup)
        try:
            return await editor.apply(change)
        finally:
            await services.close()

    return anyio.run(make)


@pytest.mark.parametrize(
    ("change", "words", "content"),
    [
        (Change("1", "a.py", "x = 2\n"), "found no problem", "x = 2\n"),
        (Change("1", "a.py", "x = (2\n"), "line 1", "x = (2\n"),
        (Change("1", "a.py", None, (("x = 1", "x = 3"),)), "found no problem", "x = 3\ny = 1\n"),
        (Change("1", "a.py", None, (("= 1", "= 3"),)), "occurs 2 times", None),
        (Change("1", "a.py", None, (("x = 11", "x"),)), "nearest lines are:\n1: x = 1", None),
        (Change("1", "b.py", None, (("x", "y"),)), "there is no file b.py", None),
        (Change("1", "../b.py", "x"), "denied", None),
        (Change("1", ".git/config", "x"), "denied", None),
        (Change("1", "out/b.py", "x"), "denied", None),
    ],
)
@pytest.mark.promise("G7.paths", "G7.backup", "G7.atomic", "X1.links")
def test_a_change_is_answered_with_what_it_did(
    call: Call, change: Change, words: str, content: str | None
) -> None:
    former = "x = 1\ny = 1\n"
    (call.folder / "a.py").write_text(former)
    (call.folder / "out").symlink_to(call.outside)
    answer = edit(call, change)
    assert words in answer.text
    assert call.text("a.py") == (content or former)
    assert not list(call.outside.iterdir())
    backup = call.folder.parent / "backup" / "a.py"
    assert (backup.read_text() if backup.exists() else None) == (former if content else None)
    uses = [each.status for each in call.sink.of_type("tool")]
    assert uses == ["running", "completed" if content else "failed"]


@pytest.mark.promise("X2.least")
def test_an_auditor_changes_nothing(call: Call) -> None:
    answer = edit(call, Change("1", "a.py", "x"), Role.AUDITOR)
    assert "this role may not change files" in answer.text
    assert not list(call.folder.iterdir())


@pytest.mark.promise("G7.backup", "G7.atomic")
def test_if_one_file_of_a_reply_cannot_be_written_none_is(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (call.folder / "old.py").write_text("a = 1\n")

    def fail(path: Path, content: bytes, **more: Any) -> None:
        if path.name == "full.py":
            raise OSError("the disk is full")
        replace_file(path, content, **more)

    monkeypatch.setattr("podium_adapters.api.edits.replace_file", fail)

    async def make() -> Answer:
        transcript = Transcript(PROFILE, call.sink, call.folder, str)
        backup = call.folder.parent / "backup"
        editor = Editor(Rights(request(call)), transcript, None, backup)
        names = ("old.py", "new.py", "full.py")
        return await editor.apply_all("1", [FileBlock(name, "b = 2\n") for name in names])

    answer = anyio.run(make)
    assert not answer.changed
    assert "the disk is full" in answer.text
    assert call.text("old.py") == "a = 1\n"
    assert [path.name for path in call.folder.iterdir()] == ["old.py"]


def test_a_long_file_that_was_not_read_is_not_overwritten(call: Call) -> None:
    (call.folder / "a.txt").write_text("line\n" * 500)
    answer = edit(call, Change("1", "a.txt", "short\n", was_read=False))
    assert "you have not read all of them" in answer.text
    assert call.text("a.txt") == "line\n" * 500


# ---- tools


def test_reading_and_searching_stay_in_the_folder(call: Call) -> None:
    (call.folder / "src").mkdir()
    (call.folder / "src" / "a.py").write_text("one\ntwo\nthree\n")
    (call.folder / "b.bin").write_bytes(b"\xff\xfe two")
    (call.outside / "secret.txt").write_text("two")
    (call.folder / "link.txt").symlink_to(call.outside / "secret.txt")
    assert read_lines(call.folder, "src/a.py", 2, 1) == ("2: two\n(lines 2 to 2 of 3)", False)
    assert read_lines(call.folder, "src/a.py", 1, 9) == ("1: one\n2: two\n3: three\n", True)
    assert list_files(call.folder, "*.py") == "src/a.py"
    assert search(call.folder, "two", "") == "src/a.py:2: two"
    for path in ("link.txt", "../outside/secret.txt", "/etc/passwd", "b.bin", "none.txt"):
        with pytest.raises(ToolProblemError):
            read_lines(call.folder, path, 1, 1)


# ---- turns in the mode for weak models


class Answers:
    """Says one text after the other, whatever is asked."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)

    def __call__(self, turn: Turn) -> Step:
        return Say(self._texts.pop(0))


def have_turn(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    script: Any,
    *,
    files: Sequence[str] = (),
    role: Role = Role.EXECUTOR,
    **options: str,
) -> tuple[AgentReply, ModelServer]:
    monkeypatch.setenv("TEST_MODEL_KEY", API_KEY)

    async def have(url: str) -> AgentReply:
        services = ShimServices()
        given = {"dialect": "openai-chat", "model": "test-model", "key": "TEST_MODEL_KEY"}
        given |= options
        given["base_url"] = f"{url}/v1" if given["dialect"].startswith("openai") else url
        asked = request(call, "please work", role=role, options=given, files=tuple(files))
        try:
            return await api_agent.run(asked, replace(call.context, services=services))
        finally:
            await services.close()

    with ModelServer(script) as model:
        return anyio.run(have, model.url()), model


NO_PATH = "Here it is:\n\n```python\nx = 1\n```\nDone."
WITH_PATHS = "```python a.py\nx = 1\n```\n\n```python sub/b.py\ny = 2\n```\n"
OUTSIDE = "```python a.py\nx = 1\n```\n\n```python ../b.py\ny = 2\n```\n"
REPLACE = "```python old.py\n<<<<<<< SEARCH\nb = 1\n=======\nb = 2\n>>>>>>> REPLACE\n```\n"


@pytest.mark.parametrize(
    ("texts", "files", "outcome", "written"),
    [
        ([NO_PATH], ["a.py"], Outcome.COMPLETED, {"a.py": "x = 1\n"}),
        ([NO_PATH] * 3, ["a.py", "b.py"], Outcome.INVALID_REPLY, {}),
        ([NO_PATH] * 3, [], Outcome.INVALID_REPLY, {}),
        ([WITH_PATHS], [], Outcome.COMPLETED, {"a.py": "x = 1\n", "sub/b.py": "y = 2\n"}),
        ([OUTSIDE] * 3, [], Outcome.INVALID_REPLY, {}),
        ([OUTSIDE, WITH_PATHS], [], Outcome.COMPLETED, {"a.py": "x = 1\n", "sub/b.py": "y = 2\n"}),
        ([REPLACE], [], Outcome.COMPLETED, {"old.py": "a = 1\nb = 2\n"}),
        (["nothing to change"], ["a.py"], Outcome.COMPLETED, {}),
    ],
)
@pytest.mark.promise("G7.blocks", "G7.paths", "G7.backup", "G7.atomic", "G7.registered")
def test_a_weak_model_changes_files_with_text(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    texts: Sequence[str],
    files: Sequence[str],
    outcome: Outcome,
    written: Mapping[str, str],
) -> None:
    (call.folder / "old.py").write_text("a = 1\nb = 1\n")
    reply, model = have_turn(call, monkeypatch, Answers(*texts), files=files, mode="text")
    assert reply.outcome is outcome, reply
    assert len(model.turns) == len(texts)
    assert not any(turn.tools for turn in model.turns)
    expected = {"old.py": "a = 1\nb = 1\n", **written}
    found = {
        path.relative_to(call.folder).as_posix(): path.read_text()
        for path in call.folder.rglob("*")
        if path.is_file()
    }
    assert found == expected
    registered = {
        path
        for each in call.sink.of_type("tool")
        if each.status == "completed"
        for path in each.paths
    }
    assert registered == set(written)
    backup = call.context.scratch / "backup" / "old.py"
    assert backup.exists() == ("old.py" in written)


def test_the_model_is_told_what_the_syntax_check_found(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "```python a.py\nx = (1\n```"
    whole = "```python a.py\nx = (1)\n```"
    reply, model = have_turn(call, monkeypatch, Answers(broken, whole), mode="text")
    assert reply.outcome is Outcome.COMPLETED
    assert call.text("a.py") == "x = (1)\n"
    assert "a.py is written, but has syntax problems" in model.turns[1].prompt


def test_a_turn_ends_at_the_number_of_requests(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [RunCommand(f"echo {number}") for number in range(9)]
    reply, model = have_turn(call, monkeypatch, rules(("please work", steps)), max_requests="3")
    assert reply.outcome is Outcome.TRUNCATED, reply
    assert len(model.turns) == 3


def test_in_a_call_of_a_run_the_shim_checks_the_syntax(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_MODEL_KEY", API_KEY)
    call = new_call(tmp_path)
    steps: list[Step] = [WriteFile("a.py", "x = (1\n"), WriteFile("a.py", "x = 1\n"), Say("done")]

    async def have(url: str) -> CallEnd:
        dispatcher = LocalDispatcher(tmp_path / "calls")
        given = {"dialect": "anthropic", "base_url": url, "model": "m", "key": "TEST_MODEL_KEY"}
        asked = request(call, "please work", options=given).model_copy(update={"agent": "api"})
        await dispatcher.submit(asked)
        return await dispatcher.wait_outcome(asked.key)

    with ModelServer(rules(("please work", steps))) as model:
        end = anyio.run(have, model.url())
    assert isinstance(end, CallOutcome)
    assert (end.reply.outcome, end.reply.text) == (Outcome.COMPLETED, "done")
    assert call.text("a.py") == "x = 1\n"
    seen = json.dumps([turn.body for turn in model.turns])
    assert "a.py is written, but has syntax problems" in seen
    assert "a.py is written; the syntax check found no problem" in seen
    stored = "".join(path.read_text() for path in (tmp_path / "calls").rglob("*.json*"))
    assert "a.py" in stored
    assert API_KEY not in stored


# Gemini sends a tool call in one piece, together with the finish reason.
@pytest.mark.parametrize("dialect", [each for each in Dialect if each is not Dialect.GEMINI])
def test_a_tool_call_that_was_cut_is_not_carried_out(
    call: Call, monkeypatch: pytest.MonkeyPatch, dialect: Dialect
) -> None:
    cut = rules(otherwise=Fault("cut", step=WriteFile("a.py", "x = 1\n")))
    reply, model = have_turn(call, monkeypatch, cut, dialect=dialect)
    assert reply.outcome is Outcome.TRUNCATED, reply
    assert len(model.turns) == 1
    assert not list(call.folder.iterdir())


def test_in_a_long_turn_the_oldest_results_are_left_out(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        (call.folder / f"{number}.txt").write_text(f"content of {number}\n" * 100)
    reads: list[Step] = [
        CallTool("read_file", {"file_path": f"{number}.txt"}) for number in range(6)
    ]
    script = rules(("please work", reads))
    reply, model = have_turn(call, monkeypatch, script, context_tokens="2000")
    assert reply.outcome is Outcome.COMPLETED, reply
    assert len(model.turns) == 7
    seen = [json.dumps(turn.body) for turn in model.turns]
    assert "content of 0" in seen[1]
    assert "content of 0" not in seen[-1]
    assert "left out to save space" in seen[-1]
    assert "content of 5" in seen[-1]
    assert "please work" in seen[-1]


@pytest.mark.promise("G9.environment", "G9.redacted")
def test_commands_do_not_see_the_key(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = "cat /proc/$PPID/environ /proc/self/environ > seen.txt; env >> seen.txt; echo done"
    reply, model = have_turn(call, monkeypatch, rules(("please work", [RunCommand(spy)])))
    assert reply.outcome is Outcome.COMPLETED, reply
    assert "PATH=" in call.text("seen.txt")
    assert API_KEY not in call.text("seen.txt") + call.output.read_text()
    assert len(model.turns) == 2
