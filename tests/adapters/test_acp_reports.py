"""What agents report beside the protocol's own fields, as their profiles describe it."""

import json
from pathlib import Path
from typing import Any

import pytest

from podium.model.agents import Outcome, Role
from podium_adapters.acp.generic import ASKING_MODE
from podium_adapters.acp.profile import Profile, Rule, UsagePlace, load_profile, profile_names
from tests.adapters.fake import END, PROFILE, Act, Fake, fake, says, tool

__all__ = ["fake"]


def profile(**more: Any) -> Profile:
    return PROFILE.model_copy(update=more)


# The modes of a session by id and name, and the one that is set.
MODES: list[tuple[dict[str, str], str]] = [
    ({"code": "Code", "ask": "Ask first"}, "ask"),
    ({"yolo": "YOLO", "x1": "Manual approval"}, "x1"),
    ({"plan": "Plan", "default": "Default", "ask": "Ask"}, "default"),
    ({"yolo": "Task", "multitask": "All"}, ""),
]


@pytest.mark.promise("G12.registry")
@pytest.mark.parametrize(("offered", "chosen"), MODES)
def test_a_generic_agent_gets_the_first_mode_that_asks(
    fake: Fake, offered: dict[str, str], chosen: str
) -> None:
    modes = [{"id": each, "name": name} for each, name in offered.items()]
    session = {"sessionId": "s", "modes": {"currentModeId": "none", "availableModes": modes}}
    fake.turn(
        says("."), END, profile=profile(mode_pattern=ASKING_MODE), script={"session": session}
    )
    set_modes = [each["params"]["modeId"] for each in fake.received("session/set_mode")]
    assert set_modes == ([chosen] if chosen else [])
    notes = [each.text for each in fake.call.sink.of_type("note")]
    assert any("its mode is unchanged" in each for each in notes) is (not chosen)


def notification(method: str, **params: Any) -> Act:
    return {"print": json.dumps({"jsonrpc": "2.0", "method": method, "params": params})}


@pytest.mark.promise("G4.recognised")
def test_a_retry_that_an_extension_announces_ends_the_turn(fake: Fake) -> None:
    retrying = notification("_session/retrying", category="x", detail="HTTP 429")
    acts = notification("_other", detail="HTTP 401"), retrying, {"wait": "cancel"}
    reply = fake.turn(*acts, profile=profile(retry_notification="session/retrying"))
    assert (reply.outcome, reply.detail) == (Outcome.RATE_LIMITED, "HTTP 429")


@pytest.mark.promise("G6")
def test_tokens_that_come_with_messages_are_added_up(fake: Fake) -> None:
    place = UsagePlace(input_tokens="usage.in", output_tokens="usage.out")
    acts = [says("a"), says("b")]
    for act in acts:
        act["update"]["_meta"] = {"usage": {"in": 1000, "out": 34}}
    reply = fake.turn(*acts, says("."), END, profile=profile(message_usage=place))
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (2000, 68)


def asks_in_words(path: str) -> list[Act]:
    """Ask for a change whose file is named only in JSON text."""
    content = [{"type": "content", "content": {"type": "text", "text": json.dumps({"path": path})}}]
    call = {"toolCallId": "t1", "title": "Write", "kind": "edit", "content": content}
    start = {"update": {"sessionUpdate": "tool_call", "status": "pending", **call}}
    return [start, {"ask": {"toolCallId": "t1", "title": "Write"}}]


@pytest.mark.promise("X1.paths")
@pytest.mark.parametrize(
    ("path", "as_text", "allowed"),
    [("a.py", True, True), ("../a.py", True, False), ("a.py", False, False)],
)
def test_a_file_that_is_named_in_json_text_is_checked(
    fake: Fake, path: str, as_text: bool, allowed: bool
) -> None:
    fake.turn(*asks_in_words(path), says("."), END, profile=profile(input_as_text=as_text))
    assert [each.allowed for each in fake.call.sink.of_type("permission")] == [allowed]


@pytest.mark.promise("X1.paths", "X2.least")
@pytest.mark.parametrize(
    ("path", "role", "allowed"),
    [
        ("a.py", Role.EXECUTOR, True),
        ("../a.py", Role.EXECUTOR, False),
        ("a.py", Role.AUDITOR, False),
    ],
)
def test_a_change_that_was_not_asked_for_is_decided_when_it_is_written(
    fake: Fake, path: str, role: Role, allowed: bool
) -> None:
    place = str(fake.call.folder / path)
    write = {"call": ["fs/write_text_file", {"path": place, "content": "x"}]}
    fake.turn(write, says("."), END, profile=profile(client_writes=True), role=role)
    assert Path(place).exists() is allowed
    assert [each.allowed for each in fake.call.sink.of_type("permission")] == [allowed]


# A failed tool's result, what follows it, and how the turn ends.
FAILURES: list[tuple[str, list[Act], Outcome]] = [
    ("the turn was ended: loop", [END], Outcome.INVALID_REPLY),
    ("the turn was ended: loop", [says("it is done"), END], Outcome.COMPLETED),
    ("no such file", [END], Outcome.COMPLETED),
]


@pytest.mark.promise("G4.recognised")
@pytest.mark.parametrize(("result", "acts", "outcome"), FAILURES)
def test_a_tools_result_that_ends_the_turn_is_its_error(
    fake: Fake, result: str, acts: list[Act], outcome: Outcome
) -> None:
    content = [{"type": "content", "content": {"type": "text", "text": result}}]
    failed = tool("failed", title="x", kind="execute", content=content)
    rules = (Rule(pattern="loop", outcome=Outcome.INVALID_REPLY),)
    agent = profile(fatal_pattern="turn was ended", rules=rules)
    assert fake.turn(tool("pending"), failed, *acts, profile=agent).outcome is outcome


@pytest.mark.promise("G6")
def test_an_action_that_is_reported_after_its_permission_counts_as_repeated(fake: Fake) -> None:
    acts: list[Act] = []
    for number in range(30):
        call = {"toolCallId": f"t{number}", "title": "echo 1", "kind": "execute"}
        update = {"sessionUpdate": "tool_call", "status": "in_progress", **call}
        acts += [{"ask": call}, {"update": update}]
    reply = fake.turn(*acts, {"wait": "cancel"})
    assert reply.outcome is Outcome.INVALID_REPLY


ANSWERS = r'llm (?:response|request failed)(?:[^\n]*errorMessage="([^"\n]*)")?'
# What an agent's own log says, what it sends, and how the turn ends.
LOGS: list[tuple[str, list[Act], Outcome]] = [
    ("llm response outputTokens=3\n", [says("a"), END], Outcome.COMPLETED),
    ("llm response outputTokens=0\n", [says("a"), END], Outcome.TRUNCATED),
    ('llm request failed errorMessage="429 slow"\n', [says("a"), END], Outcome.RATE_LIMITED),
    (
        'llm request failed errorMessage="429 slow"\nllm response outputTokens=3\n',
        [says("a"), END],
        Outcome.COMPLETED,
    ),
]


@pytest.mark.promise("G4.recognised")
@pytest.mark.parametrize(("log", "acts", "outcome"), LOGS)
def test_the_agents_own_log_reveals_what_it_does_not_report(
    fake: Fake, log: str, acts: list[Act], outcome: Outcome
) -> None:
    script = f'mkdir -p "$HOME/logs" && printf %s \'{log}\' > "$HOME/logs/s.txt"'
    write = {"run": ["sh", "-c", script]}
    agent = profile(
        log_pattern="logs/s.txt", log_answer_pattern=ANSWERS, cut_signs=("log-without-tokens",)
    )
    assert fake.turn(write, *acts, profile=agent).outcome is outcome


@pytest.mark.promise("G2.qoder")
@pytest.mark.parametrize("name", ["qoder", "cline", "auggie"])
def test_an_agent_that_needs_a_login_says_so(name: str) -> None:
    found = load_profile(name)
    assert "needs login" in found.summary
    assert "log in once" in found.install_hint


@pytest.mark.promise("Y2.versions")
@pytest.mark.parametrize("name", sorted({*profile_names()} - {"acp"}))
def test_every_profile_names_the_version_that_was_tested(name: str) -> None:
    found = load_profile(name)
    assert found.tested
    assert found.tested[-1] in found.install_hint
    assert found.refused_folders or found.mode or found.mode_pattern or found.settings_variable
