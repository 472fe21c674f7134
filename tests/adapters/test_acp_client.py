"""The ACP client against an agent that does, on real pipes, what no good agent does."""

import json
import sys

import anyio
import pytest

from podium.model.agents import Limits, Outcome, Role
from podium_adapters.acp.agents import AcpAgent
from podium_adapters.acp.profile import load_profile
from tests.adapters.fake import END, PROFILE, Act, Fake, asks, fake, says, tool
from tests.adapters.harness import is_alive, processes_in

__all__ = ["fake"]


@pytest.mark.promise("G1", "G2.acp")
def test_a_turn_is_streamed_and_answered(fake: Fake) -> None:
    thought = {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": "hm"}}
    usage = {"inputTokens": 10, "outputTokens": 2, "totalTokens": 12, "cachedReadTokens": 4}
    cost = {"sessionUpdate": "usage_update", "used": 1, "size": 2}
    reply = fake.turn(
        {"update": thought},
        says("hello "),
        says("world"),
        {"update": cost | {"cost": {"amount": 0.25, "currency": "USD"}}},
        {"answer": {"stopReason": "end_turn", "usage": usage}},
        prompt="please",
    )
    assert (reply.outcome, reply.text, reply.denied) == (Outcome.COMPLETED, "hello world", ())
    assert reply.usage.model_dump() == {
        "input_tokens": 10,
        "output_tokens": 2,
        "cached_tokens": 4,
        "cost_usd": 0.25,
    }
    assert fake.events == ["thought", "text", "text"]
    (prompt,) = fake.received("session/prompt")
    assert prompt["params"]["prompt"] == [{"type": "text", "text": "please"}]
    (session,) = fake.received("session/new")
    assert session["params"] == {"cwd": str(fake.call.folder), "mcpServers": []}
    assert fake.call.sink.events[1].type == "text"


def test_messages_between_which_a_tool_was_used_are_paragraphs(fake: Fake) -> None:
    reply = fake.turn(says("I look."), tool("pending", title="look"), says("Done."), END)
    assert reply.text == "I look.\n\nDone."


def test_a_tool_is_told_at_its_start_and_at_each_change(fake: Fake) -> None:
    where = [{"path": f"{fake.call.folder}/a.py"}]
    fake.turn(
        tool("pending", title="Edit", kind="edit"),
        tool("in_progress", locations=where),
        tool("in_progress"),
        tool("completed"),
        says("."),
        END,
    )
    told = [(each.title, each.status, each.paths) for each in fake.call.sink.of_type("tool")]
    assert told == [
        ("Edit", "pending", ()),
        ("Edit", "running", ("a.py",)),
        ("Edit", "completed", ("a.py",)),
    ]


# What is asked -> which option is chosen, and why it was denied.
QUESTIONS: dict[str, tuple[Act, Role, str, str]] = {
    "edit inside": (asks("edit", "{work}/a"), Role.EXECUTOR, "once", ""),
    "edit by raw input": (asks("edit", rawInput={"file_path": "a"}), Role.EXECUTOR, "once", ""),
    "edit by difference": (
        asks("edit", content=[{"type": "diff", "path": "a", "newText": ""}]),
        Role.EXECUTOR,
        "once",
        "",
    ),
    "edit outside": (asks("edit", "{work}/../outside/x"), Role.EXECUTOR, "no", "is outside"),
    "one of two outside": (asks("edit", "a", "../x"), Role.EXECUTOR, "no", "is outside"),
    "outside by raw input": (
        asks("edit", "a", rawInput={"filePath": "/etc/passwd"}),
        Role.EXECUTOR,
        "no",
        "is outside",
    ),
    "edit by the auditor": (asks("edit", "a"), Role.AUDITOR, "no", "may not change files"),
    "command": (asks("execute", rawInput={"command": "ls"}), Role.EXECUTOR, "once", ""),
    "command by the consultant": (asks("execute"), Role.CONSULTANT, "no", "may not run commands"),
    "unknown": (asks("other"), Role.EXECUTOR, "no", "of the kind 'other'"),
}


@pytest.mark.promise("X1.paths", "X2.least", "X2.auditors")
@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_are_answered_by_the_role_and_only_for_this_once(fake: Fake, name: str) -> None:
    act, role, option, reason = QUESTIONS[name]
    asked = json.loads(json.dumps(act).replace("{work}", str(fake.call.folder)))
    reply = fake.turn(asked, says("so be it"), END, role=role)
    (answer,) = [each for each in fake.answers() if each]
    assert answer == {"outcome": {"outcome": "selected", "optionId": option}}
    (told,) = fake.call.sink.of_type("permission")
    assert told.allowed is (reason == "")
    assert len(reply.denied) == (1 if reason else 0)
    assert reason in "".join(reply.denied)


def test_a_path_that_was_told_before_the_question_counts(fake: Fake) -> None:
    fake.turn(
        tool("pending", kind="edit", locations=[{"path": "/etc/passwd"}]),
        {"ask": {"toolCallId": "t1", "title": "Edit", "locations": [{"path": "a"}]}},
        says("."),
        END,
    )
    assert fake.call.sink.of_type("permission")[0].allowed is False


def test_an_agent_that_offers_only_lasting_permission_gets_none(fake: Fake) -> None:
    always = [{"optionId": "a", "name": "Always", "kind": "allow_always"}]
    never = [*always, {"optionId": "n", "name": "No", "kind": "reject_once"}]
    fake.turn(asks("edit", "a", options=always), asks("edit", "a", options=never), says("."), END)
    assert [each["outcome"] for each in fake.answers() if each] == [
        {"outcome": "cancelled"},
        {"outcome": "selected", "optionId": "n"},
    ]
    assert [each.allowed for each in fake.call.sink.of_type("permission")] == [False, False]


def test_nothing_to_say_after_a_denial_is_a_refusal(fake: Fake) -> None:
    reply = fake.turn(says("I try"), asks("edit", "../x"), END)
    assert reply.outcome is Outcome.REFUSED
    assert "is outside the working folder" in reply.detail


FILES = PROFILE.model_copy(update={"client_files": True})


@pytest.mark.promise("X1.paths", "X1.links", "G7.paths")
def test_files_are_read_and_written_only_inside(fake: Fake) -> None:
    call = fake.call
    (call.folder / "a.txt").write_text("1\r\n2\n3\n")
    (call.folder / "out").symlink_to(call.outside)
    (call.outside / "secret").write_text("secret")
    read, write = "fs/read_text_file", "fs/write_text_file"
    reply = fake.turn(
        {"call": [read, {"path": f"{call.folder}/a.txt"}]},
        {"call": [read, {"path": f"{call.folder}/a.txt", "line": 2, "limit": 1}]},
        {"call": [read, {"path": f"{call.folder}/missing.txt"}]},
        {"call": [read, {"path": f"{call.folder}/out/secret"}]},
        {"call": [write, {"path": f"{call.folder}/new/b.txt", "content": "é\r\n"}]},
        {"call": [write, {"path": f"{call.outside}/x", "content": "x"}]},
        {"call": [write, {"path": f"{call.folder}/out/x", "content": "x"}]},
        {"call": [write, {"path": f"{call.folder}/.git/config", "content": "x"}]},
        says("done"),
        END,
        profile=FILES,
    )
    first, second, missing, secret, written, *refused = fake.answers()
    assert [each["content"] for each in (first, second, missing)] == ["1\r\n2\n3\n", "2\n", ""]
    assert "was denied" in secret["message"]
    assert written == {}
    assert ["was denied" in each["message"] for each in refused] == [True] * 3
    assert (call.folder / "new/b.txt").read_bytes() == "é\r\n".encode()
    assert [path.name for path in call.outside.iterdir()] == ["secret"]
    assert not (call.folder / ".git").exists()
    assert (reply.outcome, len(reply.denied)) == (Outcome.COMPLETED, 4)
    (hello,) = fake.received("initialize")
    offered = hello["params"]["clientCapabilities"]["fs"]
    assert offered == {"readTextFile": True, "writeTextFile": True}


@pytest.mark.promise("X2.auditors")
def test_an_auditor_writes_no_file_through_us(fake: Fake) -> None:
    path = f"{fake.call.folder}/a.txt"
    fake.turn({"call": ["fs/write_text_file", {"path": path, "content": ""}]}, says("."), END,
              role=Role.AUDITOR)  # fmt: skip
    assert not list(fake.call.folder.iterdir())


def test_terminals_and_other_extras_are_declined(fake: Fake) -> None:
    fake.turn(
        {"call": ["terminal/create", {"command": "ls"}]}, {"call": ["_x/y", {}]}, says("."), END
    )
    first, second = fake.answers()
    assert first is None
    assert second["code"] == -32601


TWISTED: dict[str, tuple[list[Act], Act, Outcome, str]] = {
    "an error": ([{"fail": {"code": 429, "message": "slow"}}], {}, Outcome.RATE_LIMITED, "slow"),
    "dies": (
        [says("I be"), {"complain": "first"}, {"complain": "last words"}, {"exit": 3}],
        {},
        Outcome.TRUNCATED,
        "exited before it answered: last words",
    ),
    "dies silently": ([{"exit": 0}], {}, Outcome.TRUNCATED, "exited before it answered"),
    "says nothing": ([END], {}, Outcome.TRUNCATED, "neither replied nor used a tool"),
    "odd stop": ([{"answer": {"stopReason": "bored"}}], {}, Outcome.FAILED, "is not valid ACP"),
    "no session": (
        [END],
        {"session": {"error": {"code": -32000, "message": "Please log in"}}},
        Outcome.UNAUTHENTICATED,
        "Please log in",
    ),
    "another version": (
        [END],
        {"initialize": {"protocolVersion": 7}},
        Outcome.FAILED,
        "uses version 7 of the protocol, but Podium uses 1",
    ),
}


@pytest.mark.promise("G1")
@pytest.mark.parametrize("name", TWISTED)
def test_what_goes_wrong_is_an_outcome(fake: Fake, name: str) -> None:
    acts, script, outcome, detail = TWISTED[name]
    reply = fake.turn(*acts, script=script)
    assert (reply.outcome, detail in reply.detail) == (outcome, True), reply


def test_the_error_output_of_a_failed_turn_is_kept(fake: Fake) -> None:
    fake.turn({"complain": "it began here"}, {"complain": "it ended here"}, {"exit": 1})
    (note,) = fake.call.sink.of_type("note")
    assert note.text == "error output: it began here\nit ended here"


def test_lines_that_are_no_messages_and_unknown_news_are_passed_over(fake: Fake) -> None:
    reply = fake.turn(
        {"print": "Welcome!"},
        {"print": '{"half'},
        {"update": {"sessionUpdate": "from_the_future", "x": 1}},
        says("fine"),
        END,
    )
    assert (reply.outcome, reply.text) == (Outcome.COMPLETED, "fine")


SIGNS = PROFILE.model_copy(
    update={
        "usage": load_profile("gemini").usage,
        "cut_signs": ("message-without-usage", "record-without-usage"),
        "record_pattern": ".fake/session-{id}.jsonl",
        "note_pattern": "^Info: ",
        "restart_pattern": "^Info: again",
        "error_prefix": "Error: ",
        "denial_pattern": "not in workspace",
    }
)


def counted(tokens: int) -> Act:
    count = {"input_tokens": tokens, "output_tokens": tokens}
    return {"answer": {"stopReason": "end_turn", "_meta": {"quota": {"token_count": count}}}}


def test_tokens_are_counted_where_the_agent_puts_them(fake: Fake) -> None:
    reply = fake.turn(says("x"), counted(7), profile=SIGNS)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (7, 7)


@pytest.mark.promise("G1")
def test_a_message_for_which_no_token_was_counted_broke_off(fake: Fake) -> None:
    reply = fake.turn(says("half a sen"), counted(0), profile=SIGNS)
    assert reply.outcome is Outcome.TRUNCATED


def test_an_error_told_as_a_message_is_an_error_only_when_it_comes_last(fake: Fake) -> None:
    last = fake.turn(says("a"), says("Error: 429 slow down"), counted(1), profile=SIGNS)
    assert (last.outcome, last.text) == (Outcome.RATE_LIMITED, "a")
    then = fake.turn(says("Error: 429 slow down"), says("b"), counted(1), profile=SIGNS)
    assert (then.outcome, then.text) == (Outcome.COMPLETED, "b")


def test_a_message_that_begins_anew_replaces_the_half_one(fake: Fake) -> None:
    reply = fake.turn(
        says("kept"),
        tool("pending", title="t"),
        says("ha"),
        says("Info: nothing"),
        says("lf"),
        says("Info: again"),
        says("whole"),
        counted(1),
        profile=SIGNS,
    )
    assert reply.text == "kept\n\nwhole"
    assert [each.text for each in fake.call.sink.of_type("note")] == [
        "Info: nothing",
        "Info: again",
    ]


def test_a_tool_that_the_agent_itself_denied_is_told(fake: Fake) -> None:
    said = [{"type": "content", "content": {"type": "text", "text": "Path not in workspace: /x"}}]
    reply = fake.turn(tool("failed", title="Write", content=said), counted(1), profile=SIGNS)
    assert reply.denied == ("Write: Path not in workspace: /x",)
    assert reply.outcome is Outcome.REFUSED


@pytest.mark.promise("G6")
@pytest.mark.parametrize(
    ("acts", "outcome"),
    [
        ([{"wait": "cancel"}, {"answer": {"stopReason": "cancelled"}}], Outcome.TRUNCATED),
        ([{"wait": "cancel"}, END], Outcome.COMPLETED),
        ([END], Outcome.COMPLETED),
    ],
)
def test_an_agent_that_asks_again_for_ever_is_stopped(
    fake: Fake, acts: list[Act], outcome: Outcome
) -> None:
    endless = PROFILE.model_copy(update={"asks_again_for_ever": True})
    messages = [says("a", "m1"), says("b", "m2"), says("c", "m3")]
    assert fake.turn(*messages, *acts, profile=endless).outcome is outcome


def test_messages_between_which_something_is_done_are_no_sign_of_trouble(fake: Fake) -> None:
    endless = PROFILE.model_copy(update={"asks_again_for_ever": True})
    messages = [says("a", "m1"), tool("pending", title="t"), says("b", "m2"), says("c", "m3")]
    fake.turn(*messages, END, profile=endless)
    assert not fake.received("session/cancel")


@pytest.mark.promise("G6")
@pytest.mark.parametrize(
    ("limits", "detail"),
    [
        (Limits(wall_seconds=60, idle_seconds=1), "neither printed anything"),
        (Limits(wall_seconds=1, idle_seconds=60), "longer than 1 s"),
    ],
    ids=["idle", "wall"],
)
def test_a_limit_asks_the_agent_to_stop_and_then_ends_it(
    fake: Fake, limits: Limits, detail: str
) -> None:
    reply = fake.turn(says("I begin"), {"wait": "cancel"},
                      {"answer": {"stopReason": "cancelled"}}, limits=limits)  # fmt: skip
    assert (reply.outcome, detail in reply.detail) == (Outcome.TIMED_OUT, True)
    assert reply.text == "I begin"
    assert fake.received("session/cancel")
    assert not processes_in(fake.call.folder)


@pytest.mark.promise("G6")
def test_an_agent_that_hears_nothing_is_killed_with_all_it_started(fake: Fake) -> None:
    pids = fake.call.folder / "pids"
    code = f"import os, signal; open({str(pids)!r}, 'w').write(str(os.getpid())); signal.pause()"
    away = {"start": [sys.executable, "-c", code]}
    reply = fake.turn(away, {"hang": True}, limits=Limits(wall_seconds=60, idle_seconds=1))
    assert reply.outcome is Outcome.TIMED_OUT
    assert not is_alive(int(pids.read_text()))
    assert not processes_in(fake.call.folder)


@pytest.mark.promise("G6")
def test_what_a_good_agent_leaves_running_is_ended_too(fake: Fake) -> None:
    left = {"start": [sys.executable, "-c", "import signal; signal.pause()"]}
    assert fake.turn(left, says("done"), END).outcome is Outcome.COMPLETED
    assert not processes_in(fake.call.folder)


@pytest.mark.promise("G6")
def test_being_cancelled_tells_the_agent_and_ends_it(fake: Fake) -> None:
    asked = fake.asked(says("begun"), {"hang": True})

    async def cancel_when_begun() -> list[str]:
        async with anyio.create_task_group() as group:
            group.start_soon(AcpAgent(PROFILE).run, asked, fake.call.context)
            while not fake.call.sink.events:
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        return processes_in(fake.call.folder)

    assert anyio.run(cancel_when_begun) == []


@pytest.mark.promise("G6")
def test_a_flood_of_messages_is_ended(fake: Fake) -> None:
    limits = Limits(wall_seconds=60, idle_seconds=60, output_bytes=100_000)
    reply = fake.turn(*[says("x" * 1000)] * 200, {"hang": True}, limits=limits)
    assert (reply.outcome, "more than 100,000 bytes" in reply.detail) == (Outcome.FAILED, True)


@pytest.mark.promise("G9.environment", "G9.redacted")
def test_credentials_reach_the_agent_but_no_event_and_no_reply(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_API_KEY", "sk-very-secret")
    monkeypatch.setenv("OTHER_API_KEY", "sk-not-for-it")
    reply = fake.turn(
        says("the key is sk-very-secret"),
        tool("pending", title="curl -H sk-very-secret"),
        {"fail": {"code": 401, "message": "bad key sk-very-secret"}},
    )
    told = fake.call.output.read_text() + reply.model_dump_json()
    assert "sk-very-secret" not in told
    assert "bad key [redacted]" in reply.detail
