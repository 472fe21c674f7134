"""A person is asked about an action while the agent waits: over ACP, and headless."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.model.agents import ActionAnswer, AskKind, Outcome
from podium_adapters.acp.rights import Rights
from podium_adapters.acp.transcript import Transcript
from podium_adapters.api.edits import Change, Editor
from podium_adapters.headless.agents import HeadlessAgent, headless_profile
from tests.adapters.fake import END, Act, Fake, asks, says
from tests.adapters.fake import fake as fake
from tests.adapters.harness import Call, new_call, request, run
from tests.adapters.headless_output import Output

EDITS = (AskKind.EDIT,)


class Person:
    """Answers the questions in turn, and notes them; None stands for no answer at all."""

    def __init__(self, *answers: bool | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.withdrawn = 0

    async def ask(self, kind: AskKind, content: str) -> ActionAnswer:
        self.asked.append((kind, content))
        answer = self.answers.pop(0)
        if answer is None:
            try:
                await anyio.sleep_forever()
            finally:
                self.withdrawn += 1
        return ActionAnswer(allowed=bool(answer), reason="a person decided")


def with_person(call: Call, person: Person) -> Call:
    return replace(call, context=replace(call.context, person=person))


def asks_to_write(kind: str, path: str, text: str) -> Act:
    diff = {"type": "diff", "path": path, "oldText": "", "newText": text}
    return asks(kind, path, content=[diff])


def writes(path: str, text: str) -> Act:
    return {"call": ["fs/write_text_file", {"path": path, "content": text}]}


def diff(path: str, text: str) -> str:
    return f"--- a/{path}\n+++ b/{path}\n@@ -0,0 +1 @@\n+{text}"


@pytest.mark.promise("X2.per-action")
def test_a_write_through_the_client_is_what_the_person_allowed(fake: Fake) -> None:
    person = Person(True, False)
    fake.call = with_person(fake.call, person)
    path = str(fake.call.folder / "a.py")
    script = [asks_to_write("edit", path, "a\n"), writes(path, "a\n"), writes(path, "b\n")]
    reply = fake.turn(*script, says("done"), END, ask=EDITS)
    assert reply.outcome is Outcome.COMPLETED
    assert [kind for kind, _ in person.asked] == ["edit", "edit"]
    assert person.asked[0][1] == diff("a.py", "a\n")
    assert "-a\n+b\n" in person.asked[1][1]
    assert fake.call.text("a.py") == "a\n"


@pytest.mark.promise("X2.per-action")
def test_a_command_with_a_diff_allows_no_write(fake: Fake) -> None:
    person = Person(False)
    fake.call = with_person(fake.call, person)
    path = str(fake.call.folder / "a.py")
    script = [asks_to_write("execute", path, "a\n"), writes(path, "a\n")]
    fake.turn(*script, says("done"), END, ask=EDITS)
    assert person.asked == [("edit", diff("a.py", "a\n"))]
    assert not (fake.call.folder / "a.py").exists()


@pytest.mark.promise("X2.per-action")
def test_a_command_is_shown_also_beside_a_diff(fake: Fake) -> None:
    person = Person(False)
    fake.call = with_person(fake.call, person)
    change = {"type": "diff", "path": "README.md", "oldText": "", "newText": "harmless\n"}
    asked = asks("execute", rawInput={"command": "rm -rf ../x"}, content=[change])
    fake.turn(asked, says("done"), END, ask=(AskKind.COMMAND,))
    ((kind, content),) = person.asked
    assert (kind, content.splitlines()[0]) == ("command", "rm -rf ../x")
    assert "+harmless" in content


@pytest.mark.promise("X2.per-action")
def test_the_question_of_an_agent_that_died_is_withdrawn(fake: Fake) -> None:
    person = Person(None)
    fake.call = with_person(fake.call, person)
    helper: Act = {"start": ["sh", "-c", "sleep 0.2; kill -9 $PPID"]}
    reply = fake.turn(helper, asks("execute"), END, ask=(AskKind.COMMAND,))
    assert reply.outcome is not Outcome.COMPLETED
    assert person.withdrawn == 1


def control(tool: str, **given: Any) -> Act:
    asked = {"subtype": "can_use_tool", "tool_name": tool, "input": given}
    return {"type": "control_request", "request_id": "r1", "request": asked}


# the tool, its input, and what the person sees
SHOWN: dict[str, tuple[Act, str, str]] = {
    "a command": (control("Bash", command="ls -l", description="List"), "command", "ls -l"),
    "a command with the content of a file": (
        control("Bash", command="rm -rf x", content="harmless\n"),
        "command",
        "rm -rf x\n",
    ),
    "a new file": (control("Write", file_path="{work}/a.py", content="a\n"), "edit", "+a\n"),
    "an edit": (
        control("Edit", file_path="{work}/a.py", old_string="a\n", new_string="b\n"),
        "edit",
        "-a\n+b\n",
    ),
    "every occurrence": (
        control("Edit", file_path="{work}/a.py", old_string="a", new_string="b", replace_all=True),
        "edit",
        "every occurrence:\n",
    ),
    "many edits": (
        control("MultiEdit", file_path="{work}/a.py", edits=[{"old_string": "a"}]),
        "edit",
        '"old_string": "a"',
    ),
}


@pytest.mark.promise("X2.per-action", "G1")
@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("allows", [True, False])
def test_claude_is_answered_when_the_person_has_decided(
    tmp_path: Path, name: str, allows: bool
) -> None:
    line, kind, shown = SHOWN[name]
    call, person = new_call(tmp_path), Person(allows)
    asked = request(call, ask=(AskKind.COMMAND, AskKind.EDIT))
    output = Output("claude", call, asked=asked, person=person)
    line = json.loads(json.dumps(line).replace("{work}", str(call.folder)))
    (later,) = output.reader.read(line)
    assert callable(later)
    assert call.sink.events == []
    answer: Any = anyio.run(later)
    response = answer["response"]["response"]
    assert response["behavior"] == ("allow" if allows else "deny")
    assert not allows or response["updatedInput"] == line["request"]["input"]
    assert person.asked[0][0] == kind
    assert shown in person.asked[0][1]
    (event,) = call.sink.of_type("permission")
    assert (event.allowed, event.reason) == (allows, "a person decided")


@pytest.mark.promise("X2.per-action")
def test_the_question_of_a_headless_agent_that_died_is_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program, line = tmp_path / "claude.sh", json.dumps(control("Bash", command="ls"))
    program.write_text(f"cat <<'END'\n{line}\nEND\nexit 3\n")
    person = Person(None)
    call = with_person(new_call(tmp_path), person)
    options = {"command": json.dumps(["sh", str(program)]), "home": "private"}
    asked = request(call, options=options, ask=(AskKind.COMMAND,))
    reply = run(HeadlessAgent(headless_profile("claude")), call, asked)
    assert reply.outcome is not Outcome.COMPLETED
    assert person.withdrawn == len(person.asked) == 1


@pytest.mark.promise("X2.per-action")
@pytest.mark.parametrize("allows", [True, False])
def test_an_edit_of_a_model_without_a_program_is_shown_before_it_is_made(
    tmp_path: Path, allows: bool
) -> None:
    call, person = new_call(tmp_path), Person(allows)
    (call.folder / "a.py").write_text("one\ntwo\n")
    profile = headless_profile("claude")
    transcript = Transcript(profile, call.sink, call.folder, str)
    rights = Rights(request(call, ask=EDITS), person)
    editor = Editor(rights, transcript, None, tmp_path / "backup")
    change = Change("1", "a.py", replacements=(("two", "three"),))
    answer = anyio.run(editor.apply, change)
    assert answer.changed is allows
    shown = "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
    assert person.asked == [("edit", shown)]
    assert call.text("a.py") == ("one\nthree\n" if allows else "one\ntwo\n")
