"""The headless agents that never ask, pi and Aider: their output is read as it is."""

import subprocess
from pathlib import Path

import pytest

from podium.model.agents import Outcome, Role
from podium_adapters.acp.transcript import Transcript
from podium_adapters.headless.agents import headless_profile
from podium_adapters.headless.aider import AiderReader
from podium_adapters.headless.reader import TurnContext
from tests.adapters.harness import Call, new_call, request
from tests.adapters.headless_output import Line, Output


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return new_call(tmp_path)


def pi_text(words: str) -> Line:
    event = {"type": "text_delta", "contentIndex": 0, "delta": words}
    return {"type": "message_update", "assistantMessageEvent": event}


def pi_answer(stop: str, error: str = "") -> Line:
    usage = {"input": 3, "output": 1, "cacheRead": 2, "cost": {"total": 0.5}}
    message = {"role": "assistant", "stopReason": stop, "usage": usage}
    return {"type": "message_end", "message": message | ({"errorMessage": error} if error else {})}


def pi_retry(words: str) -> Line:
    return {"type": "auto_retry_start", "attempt": 1, "errorMessage": words}


SETTLED: Line = {"type": "agent_settled", "aborted": False}
PI_429 = '429: {"message": "slow down", "type": "rate_limit_error"}'

PI: dict[str, tuple[list[Line], Outcome, str]] = {
    "success": ([pi_text("done"), pi_answer("stop"), SETTLED], Outcome.COMPLETED, ""),
    "nothing": ([pi_answer("stop"), SETTLED], Outcome.TRUNCATED, "neither replied"),
    "401": ([pi_answer("error", "401: no"), SETTLED], Outcome.UNAUTHENTICATED, "401"),
    "429": ([pi_answer("error", PI_429), SETTLED], Outcome.RATE_LIMITED, "slow down"),
    "quota": (
        [pi_answer("error", "429: insufficient_quota"), SETTLED],
        Outcome.QUOTA_EXHAUSTED,
        "quota",
    ),
    "a cut after some text": (
        [pi_text("do"), pi_answer("error", "Stream ended without finish_reason"), SETTLED],
        Outcome.TRUNCATED,
        "finish_reason",
    ),
    "an error that a retry repaired": (
        [pi_answer("error", "503"), pi_retry("503"), pi_text("done"), pi_answer("stop"), SETTLED],
        Outcome.COMPLETED,
        "",
    ),
    "too long": ([pi_text("do"), pi_answer("length"), SETTLED], Outcome.TRUNCATED, "length"),
    "a tool as the last word": ([pi_answer("toolUse"), SETTLED], Outcome.TRUNCATED, "toolUse"),
    "no answer": ([SETTLED], Outcome.TRUNCATED, "there is none"),
    "aborted": ([pi_answer("stop"), SETTLED | {"aborted": True}], Outcome.CANCELLED, "aborted"),
}


@pytest.mark.promise("G1", "G4.recognised")
@pytest.mark.parametrize("name", PI)
def test_the_last_answer_of_pi_decides(call: Call, name: str) -> None:
    lines, outcome, detail = PI[name]
    output = Output("pi", call)
    output.read(*lines)
    assert (output.verdict.outcome, detail in output.verdict.detail) == (outcome, True)
    answers = sum(line["type"] == "message_end" for line in lines)
    assert (output.reader.usage.input_tokens or 0, output.reader.usage.cost_usd or 0) == (
        3 * answers,
        0.5 * answers,
    )


# What pi announces, and whether the turn ends there.
PI_RETRIES = [([PI_429], True), (["503 busy"] * 2, False), (["503 busy"] * 3, True)]


@pytest.mark.promise("G4.recognised")
@pytest.mark.parametrize(("words", "ends"), PI_RETRIES)
def test_a_turn_of_pi_ends_where_a_retry_is_in_vain(
    call: Call, words: list[str], ends: bool
) -> None:
    output = Output("pi", call)
    output.read(*map(pi_retry, words))
    assert output.transcript.broken.is_set() is ends


@pytest.mark.promise("X2.least")
@pytest.mark.parametrize(
    ("role", "excluded"),
    [
        (Role.EXECUTOR, []),
        (Role.CONSULTANT, ["--exclude-tools", "bash"]),
        (Role.AUDITOR, ["--exclude-tools", "edit,write,bash"]),
    ],
)
def test_pi_is_offered_only_the_tools_of_the_role(
    call: Call, role: Role, excluded: list[str]
) -> None:
    assert Output("pi", call, role).reader.arguments() == excluded


def test_a_tool_of_pi_is_shown_with_its_file(call: Call) -> None:
    output = Output("pi", call)
    started = {"toolCallId": "t1", "toolName": "write", "args": {"path": "a.py"}}
    output.read(
        {"type": "tool_execution_start"} | started,
        {"type": "tool_execution_end", "toolCallId": "t1", "toolName": "write", "isError": True},
    )
    shown = [(each.status, each.paths) for each in call.sink.of_type("tool")]
    assert shown == [("running", ("a.py",)), ("failed", ("a.py",))]


GREETING = "Aider v0.86.2\nMain model: m with whole edit format\nRepo-map: disabled\n\n"
REJECTED = (
    "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API\nkey\n"
)

# What Aider prints, whether it changes a file, and how the turn ends.
AIDER: dict[str, tuple[str, bool, Outcome, str]] = {
    "an edit": ("a.py\n```\nx\n```\n", True, Outcome.COMPLETED, "a.py\n```\nx\n```"),
    "an answer": (
        "The answer\n\nis 42.\nTokens: 1.2k sent, 34 received.\n",
        False,
        Outcome.COMPLETED,
        "The answer\n\nis 42.",
    ),
    "nothing": ("", False, Outcome.TRUNCATED, ""),
    "401": (REJECTED, False, Outcome.UNAUTHENTICATED, ""),
    "an error after an edit": (f"x\n\n{REJECTED}", True, Outcome.COMPLETED, "x"),
    "a malformed edit": (
        "The LLM did not conform to the edit format.\n",
        False,
        Outcome.INVALID_REPLY,
        "",
    ),
}


@pytest.mark.promise("G1", "G4.recognised")
@pytest.mark.parametrize("is_repository", [False, True])
@pytest.mark.parametrize("name", AIDER)
def test_the_changed_files_and_the_words_of_aider_decide(
    call: Call, name: str, is_repository: bool
) -> None:
    words, changes, outcome, text = AIDER[name]
    if is_repository:
        subprocess.run(["git", "init", "-q"], cwd=call.folder, check=True)
    (call.folder / "old.py").write_text("old")
    output = Output("aider", call)
    output.reader.opening()
    for line in (GREETING + words).splitlines(keepends=True):
        output.reader.read_text(line)
    if changes:
        (call.folder / "a.py").write_text("x\n")
    output.reader.end()
    assert (output.verdict.outcome, output.transcript.text) == (outcome, text)
    changed = [each.paths for each in call.sink.of_type("tool")]
    assert changed == ([("a.py",)] if changes else [])


@pytest.mark.promise("G4.recognised")
def test_a_turn_of_aider_ends_where_it_would_wait(call: Call) -> None:
    output = Output("aider", call)
    for line in (
        GREETING,
        "litellm.RateLimitError: slow\n",
        "down\n",
        "Retrying in 0.2 seconds...\n",
    ):
        output.reader.read_text(line)
    assert output.transcript.broken.is_set()
    assert output.transcript.retry == "litellm.RateLimitError: slow down"


def test_the_files_of_a_task_are_given_to_aider(call: Call) -> None:
    (call.folder / "a.py").write_text("")
    profile = headless_profile("aider")
    asked = request(call, files=("a.py", "new.py"))
    transcript = Transcript(profile, call.sink, call.folder, str)
    assert AiderReader(TurnContext(profile, asked, transcript)).arguments() == ["--file", "a.py"]
