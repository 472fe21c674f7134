"""The headless ways: what the agents print is read as it is, line by line."""

import json
from pathlib import Path
from typing import Any

import pytest

from podium.errors import AgentUnavailable
from podium.model.agents import Outcome, Role
from podium_adapters.headless.agents import claude_agent, codex_agent, headless_profile
from tests.adapters.harness import Call, new_call, request, run
from tests.adapters.headless_output import READERS, Line, Output


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return new_call(tmp_path)


def result(**more: Any) -> Line:
    plain: Line = {"type": "result", "subtype": "success", "is_error": False, "result": "done"}
    return plain | {"usage": {"input_tokens": 3}, "total_cost_usd": 0.5} | more


def failed(status: int | None, words: str) -> Line:
    return result(is_error=True, api_error_status=status, result=words)


def limit(status: str, resets_at: float) -> Line:
    info = {"status": status, "resetsAt": resets_at, "rateLimitType": "five_hour"}
    return {"type": "rate_limit_event", "rate_limit_info": info}


def text(words: str) -> Line:
    content = [{"type": "text", "text": words}]
    return {"type": "assistant", "message": {"id": "m1", "model": "m", "content": content}}


def delta(words: str) -> Line:
    event = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": words}}
    return {"type": "stream_event", "event": event}


START: Line = {"type": "stream_event", "event": {"type": "message_start", "message": {"id": "m1"}}}

# lines -> outcome, and what the detail holds
CLAUDE: dict[str, tuple[list[Line], Outcome, str]] = {
    "success": ([text("done"), result()], Outcome.COMPLETED, ""),
    "nothing": ([result()], Outcome.TRUNCATED, "neither replied"),
    "401": ([failed(401, "Failed to authenticate.")], Outcome.UNAUTHENTICATED, "authenticate"),
    "429": ([failed(429, "Request rejected (429)")], Outcome.RATE_LIMITED, "rejected"),
    "no credit": ([failed(400, "Your credit balance is too low")], Outcome.QUOTA_EXHAUSTED, ""),
    "400": ([failed(400, "API Error: 400 no")], Outcome.INVALID_REQUEST, "400"),
    "too long": ([failed(400, "Prompt is too long")], Outcome.CONTEXT_TOO_LONG, "too long"),
    "500": ([failed(500, "API Error: 500")], Outcome.UNAVAILABLE, "500"),
    "529": ([failed(529, "Overloaded")], Outcome.UNAVAILABLE, "Overloaded"),
    "refused": ([result(is_error=True, stop_reason="refusal")], Outcome.REFUSED, "refused"),
    "malformed": ([failed(None, "malformed response")], Outcome.INVALID_REPLY, "malformed"),
    "not logged in": ([failed(None, "Not logged in")], Outcome.UNAUTHENTICATED, "logged in"),
    "turns": ([result(subtype="error_max_turns", is_error=True)], Outcome.TRUNCATED, "turns"),
    "budget": (
        [result(subtype="error_max_budget_usd", is_error=True)],
        Outcome.TRUNCATED,
        "budget",
    ),
    "a limit that resets late": (
        [limit("rejected", 1e11), failed(429, "limit reached")],
        Outcome.QUOTA_EXHAUSTED,
        "limit",
    ),
    "a limit that resets soon": (
        [limit("rejected", 1), failed(429, "limit reached")],
        Outcome.RATE_LIMITED,
        "limit",
    ),
}


@pytest.mark.promise("G1", "G4.recognised")
@pytest.mark.parametrize("name", CLAUDE)
def test_a_result_of_claude_is_classified(call: Call, name: str) -> None:
    lines, outcome, detail = CLAUDE[name]
    output = Output("claude", call)
    output.read(*lines)
    assert (output.verdict.outcome, detail in output.verdict.detail) == (outcome, True)
    assert (output.reader.usage.input_tokens, output.reader.usage.cost_usd) == (3, 0.5)


@pytest.mark.promise("G4.recognised")
def test_the_time_of_a_reset_becomes_a_wait(call: Call) -> None:
    output = Output("claude", call)
    output.read(limit("rejected", 1e11), failed(429, "limit reached"))
    assert (output.verdict.retry_after_seconds or 0) > 1e9


def test_a_message_that_broke_off_is_replaced_by_the_whole_one(call: Call) -> None:
    output = Output("claude", call)
    output.read(START, delta("all is d"), text("all is done"), result())
    assert output.transcript.text == "all is done"


def test_a_message_that_was_streamed_is_not_repeated(call: Call) -> None:
    output = Output("claude", call)
    output.read(START, delta("all is "), delta("done"), text("all is done"), result())
    assert output.transcript.text == "all is done"
    assert [each.text for each in call.sink.of_type("text")] == ["all is ", "done"]


def test_an_error_that_claude_writes_as_a_message_is_no_text(call: Call) -> None:
    output = Output("claude", call)
    line = text("API Error: 401")
    line["message"]["model"] = "<synthetic>"
    output.read(line)
    assert output.transcript.text == ""


def asks(tool: str, **given: str) -> Line:
    asked = {"subtype": "can_use_tool", "tool_name": tool, "input": given}
    return {"type": "control_request", "request_id": "r1", "request": asked}


# A question, the role, and whether it is allowed.
QUESTIONS = [
    (asks("Write", file_path="a.py"), Role.EXECUTOR, True),
    (asks("Write", file_path="a.py"), Role.AUDITOR, False),
    (asks("Write", file_path="/etc/passwd"), Role.EXECUTOR, False),
    (asks("Write", file_path=".git/hooks/pre-commit"), Role.EXECUTOR, False),
    (asks("Edit", file_path="a.py"), Role.CONSULTANT, True),
    (asks("NotebookEdit", notebook_path="../a.ipynb"), Role.EXECUTOR, False),
    (asks("Bash", command="ls"), Role.EXECUTOR, True),
    (asks("Bash", command="ls"), Role.CONSULTANT, False),
    (asks("Read", file_path="a.py"), Role.AUDITOR, True),
    (asks("Read", file_path="/etc/passwd"), Role.AUDITOR, False),
    (asks("WebFetch", url="https://example.org"), Role.EXECUTOR, False),
    (asks("mcp__x__y"), Role.EXECUTOR, False),
]


@pytest.mark.promise("X1.paths", "X2.least")
@pytest.mark.parametrize(("question", "role", "allowed"), QUESTIONS)
def test_a_question_of_claude_is_answered_by_the_roles_policy(
    call: Call, question: Line, role: Role, allowed: bool
) -> None:
    output = Output("claude", call, role)
    (answer,) = output.read(question)
    response = json.loads(json.dumps(answer))["response"]
    assert (response["subtype"], response["request_id"]) == ("success", "r1")
    assert response["response"]["behavior"] == ("allow" if allowed else "deny")
    assert [each.allowed for each in call.sink.of_type("permission")] == [allowed]
    assert len(output.transcript.denied) == (not allowed)


def test_another_question_of_claude_is_refused(call: Call) -> None:
    line = {"type": "control_request", "request_id": "r2", "request": {"subtype": "elicitation"}}
    (answer,) = Output("claude", call).read(line)
    assert json.loads(json.dumps(answer))["response"]["subtype"] == "error"


def test_a_denial_by_the_agents_own_rules_is_no_success(call: Call) -> None:
    output = Output("claude", call)
    output.read({"type": "system", "subtype": "permission_denied", "tool_name": "Bash"}, result())
    assert output.verdict.outcome is Outcome.REFUSED


def item(kind: str, **more: Any) -> Line:
    return {"type": "item.completed", "item": {"id": "i1", "type": kind} | more}


def error(words: str) -> Line:
    return {"type": "error", "message": words}


def turn_failed(words: str) -> Line:
    return {"type": "turn.failed", "error": {"message": words}}


DONE: Line = {"type": "turn.completed", "usage": {"input_tokens": 3, "output_tokens": 1}}
SAID = item("agent_message", text="done")
LIMIT_429 = "exceeded retry limit, last status: 429 Too Many Requests"

CODEX: dict[str, tuple[list[Line], Outcome, str]] = {
    "success": ([SAID, DONE], Outcome.COMPLETED, ""),
    "a warning": ([item("error", message="old"), SAID, DONE], Outcome.COMPLETED, ""),
    "nothing": ([DONE], Outcome.TRUNCATED, "neither replied"),
    "401": ([turn_failed("unexpected status 401 Unauthorized")], Outcome.UNAUTHENTICATED, "401"),
    "429": ([turn_failed(LIMIT_429)], Outcome.RATE_LIMITED, "429"),
    "used up": (
        [turn_failed("You've hit your usage limit. Try again in 3 days 4 hours.")],
        Outcome.QUOTA_EXHAUSTED,
        "usage limit",
    ),
    "cut": ([turn_failed("stream disconnected before completion")], Outcome.TRUNCATED, "stream"),
    "too long": ([turn_failed("exceeds the context window")], Outcome.CONTEXT_TOO_LONG, ""),
    "busy": ([turn_failed("currently experiencing high demand")], Outcome.UNAVAILABLE, ""),
}


@pytest.mark.promise("G1", "G4.recognised")
@pytest.mark.parametrize("name", CODEX)
def test_a_result_of_codex_is_classified(call: Call, name: str) -> None:
    lines, outcome, detail = CODEX[name]
    output = Output("codex", call)
    output.read(*lines)
    assert (output.verdict.outcome, detail in output.verdict.detail) == (outcome, True)


def test_days_are_understood(call: Call) -> None:
    output = Output("codex", call)
    output.read(*CODEX["used up"][0])
    assert output.verdict.retry_after_seconds == 3 * 86400 + 4 * 3600


# What Codex announces, and whether the turn ends there.
RETRIES = [
    ([f"Reconnecting... 1/5 ({LIMIT_429})"], LIMIT_429),
    (["Reconnecting... 1/5 (unexpected status 401 Unauthorized)"], "401"),
    (["Reconnecting... 1/5 (stream disconnected)"], ""),
    (["Reconnecting... waiting for network (no)"] * 2, ""),
    (["Reconnecting... waiting for network (no)"] * 3, "waiting for network"),
    (["something else"] * 9, ""),
]


@pytest.mark.promise("G4.recognised")
@pytest.mark.parametrize(("words", "retry"), RETRIES)
def test_a_turn_of_codex_ends_where_it_would_wait(call: Call, words: list[str], retry: str) -> None:
    output = Output("codex", call)
    output.read(*map(error, words))
    assert output.transcript.broken.is_set() is bool(retry)
    assert retry in output.transcript.retry


BLOCKED = "touch: cannot touch 'x': Read-only file system\n"


@pytest.mark.promise("X2.least")
@pytest.mark.parametrize(
    "line",
    [
        item("command_execution", command="touch x", aggregated_output=BLOCKED, exit_code=0),
        item("file_change", status="failed", changes=[{"path": "../x", "kind": "add"}]),
    ],
)
def test_a_write_that_the_sandbox_blocked_is_a_denial(call: Call, line: Line) -> None:
    output = Output("codex", call)
    output.read(line, SAID, DONE)
    assert len(output.transcript.denied) == 1


@pytest.mark.parametrize("agent", [claude_agent, codex_agent])
def test_a_way_that_does_not_exist_is_refused(call: Call, agent: Any) -> None:
    found = agent.available({"way": "telepathy"})
    assert (found.available, found.reason) == (False, "it must be acp or headless")
    with pytest.raises(AgentUnavailable, match="telepathy"):
        run(agent, call, request(call, options={"way": "telepathy"}))


def programs(place: Path, *names: str) -> str:
    place.mkdir()
    for name in names:
        (place / name).write_text("#!/bin/sh\necho 0.1.0\n")
        (place / name).chmod(0o755)
    return f"{place}:/usr/bin:/bin"


# What is installed, and the first word of the program that answers for its version.
DEFAULTS = [
    (claude_agent, ("claude", "claude-agent-acp"), "2.1.328"),
    (codex_agent, ("codex", "codex-acp"), "2.6.0"),
    (codex_agent, ("codex",), "0.169.0"),
]


@pytest.mark.promise("Y2.versions")
@pytest.mark.parametrize(("agent", "names", "oldest"), DEFAULTS)
def test_the_usual_way_is_the_one_that_asks_and_an_old_version_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, agent: Any, names: tuple[str, ...], oldest: str
) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path / "bin", *names))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = agent.available({})
    assert (found.available, found.version) == (True, "0.1.0")
    assert "0.1.0 is older than the tested versions" in found.warning
    assert oldest in found.warning
    assert "@2." in agent.describe().install_hint or "@0." in agent.describe().install_hint


@pytest.mark.promise("X5")
def test_an_adapter_that_trusts_the_project_is_not_started_beside_its_settings(
    monkeypatch: pytest.MonkeyPatch, call: Call, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path / "bin", "codex", "codex-acp"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (call.folder / ".codex").mkdir()
    with pytest.raises(AgentUnavailable, match=r"Codex cannot be started") as caught:
        run(codex_agent, call, request(call, options={"way": "acp"}))
    assert ".codex" in caught.value.why
    # The other way is taken by itself; what answers is the fake program, which dies.
    assert run(codex_agent, call, request(call)).outcome is Outcome.TRUNCATED


def test_the_prompt_is_never_an_argument() -> None:
    for name in READERS:
        profile = headless_profile(name)
        assert not any("{prompt}" in each for each in profile.arguments)
