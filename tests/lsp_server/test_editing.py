"""Fixes by the consultant and reverts to checkpoints, offered as edits in the editor."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from podium.model.states import FindingStatus
from podium_lsp.commands.propose_edit import replacements
from tests.lsp_server.test_code_actions import actions, capabilities_of, put
from tests.lsp_server.wire import NO_ANSWER, Editor, Json
from tests.support.projects import SAMPLE, Project, write
from tests.support.repositories import git

FIRST = SAMPLE["app.py"]
MENDED = FIRST.replace('"hello"', '"good day"')


class Desk:
    """An editor with one document, whose user reviews every edit.

    Args:
        agrees: whether the user accepts edits.
        answers: the user's answers, by a word of the question.
    """

    def __init__(self, project: Project, *, agrees: bool = True, **answers: str) -> None:
        self.project, self.agrees, self.answers = project, agrees, answers
        self.text, self.version = FIRST, 1
        self.edits: list[Json] = []
        self.asked: list[Json] = []
        self.editor = Editor(
            project.root,
            capabilities_of("vscode"),
            replies={
                "workspace/applyEdit": self._apply,
                "window/showMessageRequest": self._answer,
            },
        )

    def open(self, text: str | None = None) -> str:
        self.editor.initialize()
        self.text = FIRST if text is None else text
        return self.editor.open(self.project.root / "app.py", self.text)

    def type(self, text: str) -> None:
        self.version += 1
        self.text = text + self.text
        uri = (self.project.root / "app.py").as_uri()
        self.editor.change(uri, self.version, {"text": self.text})

    def _apply(self, params: Json) -> Json:
        self.edits.append(params)
        (document,) = params["edit"]["documentChanges"]
        if not self.agrees or document["textDocument"]["version"] != self.version:
            return {"applied": False}
        lines = self.text.splitlines(keepends=True)
        for each in reversed(document["edits"]):
            first, last = each["range"]["start"]["line"], each["range"]["end"]["line"]
            lines[first:last] = [each["newText"]]
        self.text, self.version = "".join(lines), self.version + 1
        uri = document["textDocument"]["uri"]
        self.editor.change(uri, self.version, {"text": self.text})
        return {"applied": True}

    def _answer(self, params: Json) -> Json | None:
        self.asked.append(params)
        for word, answer in self.answers.items():
            if word in params["message"]:
                titles = [each["title"] for each in params["actions"]]
                return next({"title": each} for each in titles if answer in each)
        return None


@pytest.fixture
def consultant(project: Project) -> Callable[[str, str], Json]:
    """Create a consultant that writes a text, and return its arguments in a command."""

    def make(finding: str, text: str) -> Json:
        path = project.root.parent / "mend.yaml"
        steps = {finding: [[write("app.py", text)]]}
        path.write_text(json.dumps({"version": 1, "fixes": steps}))
        return {"finding": finding, "agent": "playbook", "options": {"playbook": str(path)}}

    return make


@pytest.mark.promise("L2", "F5", "L3.preview")
@pytest.mark.parametrize("agrees", [True, False])
def test_what_the_consultant_wrote_is_seen_before_it_is_in_the_text(
    project: Project, consultant: Callable[[str, str], Json], agrees: bool
) -> None:
    name = put(project, 5, '"hello"', '"hi"', "claude")
    desk = Desk(project, agrees=agrees)
    with desk.editor as editor:
        uri = desk.open()
        answer = editor.command("podium.finding.fix", uri=uri, **consultant(name, MENDED))
        (annotation,) = desk.edits[0]["edit"]["changeAnnotations"].values()
        assert annotation["needsConfirmation"] is True
        assert annotation["label"] == 'Podium: fix "hello" should be "hi"'
        assert answer["applied"] is agrees
        assert desk.text == (MENDED if agrees else FIRST)
        begun = [each for each in editor.notices if each["method"] == "$/progress"]
        assert [each["params"]["value"]["kind"] for each in begun] == ["begin", "end"]
    assert project.ask("finding.show", finding=name).status == ("fixed" if agrees else "open")
    assert (project.root / "app.py").read_text() == FIRST, "the person saves"


def test_a_text_that_changed_meanwhile_is_left_alone_and_the_offer_is_shown(
    project: Project, consultant: Callable[[str, str], Json]
) -> None:
    name = put(project, 5, '"hello"', '"hi"', "claude")
    desk = Desk(project)
    with desk.editor as editor:
        uri = desk.open()

        def type_once(params: Json) -> None:
            del params
            if desk.version == 1:
                desk.type("# typed\n")

        editor.replies["window/workDoneProgress/create"] = type_once
        answer = editor.command("podium.finding.fix", uri=uri, **consultant(name, MENDED))
        assert (answer["applied"], desk.edits) == (False, [])
        (shown,) = [q for q in editor.questions if q["method"] == "window/showDocument"]
        assert shown["params"]["uri"].endswith("/app.py.diff")
    assert project.ask("finding.show", finding=name).status == FindingStatus.OPEN


def test_an_editor_that_says_it_applied_an_edit_is_not_believed(
    project: Project, consultant: Callable[[str, str], Json]
) -> None:
    name = put(project, 5, '"hello"', '"hi"', "claude")
    desk = Desk(project)
    with desk.editor as editor:
        uri = desk.open()
        editor.replies["workspace/applyEdit"] = lambda params: {"applied": True}
        answer = editor.command("podium.finding.fix", uri=uri, **consultant(name, MENDED))
        assert answer["applied"] is False
    assert project.ask("finding.show", finding=name).status == FindingStatus.OPEN


def test_an_editor_that_takes_no_edits_gets_the_file_written(
    project: Project, consultant: Callable[[str, str], Json]
) -> None:
    name = put(project, 5, '"hello"', '"hi"', "claude")
    with Editor(project.root) as editor:
        editor.initialize()
        uri = editor.open(project.root / "app.py")
        answer = editor.command("podium.finding.fix", uri=uri, **consultant(name, MENDED))
        assert answer["applied"] is True
    assert (project.root / "app.py").read_text() == MENDED


@pytest.mark.promise("L3.cancel")
@pytest.mark.parametrize("at_once", [True, False])
def test_a_consultant_that_is_given_up_is_ended_and_leaves_nothing_behind(
    project: Project, at_once: bool
) -> None:
    name = put(project, 5, '"hello"', '"hi"', "claude")
    path = project.root.parent / "mend.yaml"
    path.write_text(json.dumps({"version": 1, "fixes": {name: [[{"delay": 600}]]}}))
    asked = {"finding": name, "agent": "playbook", "options": {"playbook": str(path)}}
    desk = Desk(project)
    with desk.editor as editor:
        uri = desk.open()
        params = {
            "command": "podium.finding.fix",
            "arguments": [{**asked, "uri": uri}],
            "workDoneToken": "mine",
        }
        request = editor.request("workspace/executeCommand", params)
        editor.wait(lambda: [each for each in editor.notices if each["method"] == "$/progress"])
        calls = project.root / ".podium" / "run" / "calls"
        while not at_once and not [*calls.glob("**/shim.log")]:
            editor.command("podium.status")
        editor.notify("window/workDoneProgress/cancel", {"token": "mine"})
        assert editor.answer(request)["error"]["message"] == "The request was cancelled"
        ends = [
            each["params"]["value"] for each in editor.notices if each["method"] == "$/progress"
        ]
        assert ends[-1] == {"kind": "end", "message": "cancelled"}
    assert len(git(project.root, "worktree", "list").splitlines()) == 1
    assert all("the fix was cancelled" in each.read_text() for each in calls.glob("**/result.json"))


@pytest.mark.promise("L2", "F5", "R6.file", "R6.kept")
def test_a_file_goes_back_as_an_edit_and_what_was_there_is_kept(project: Project) -> None:
    (project.root / "app.py").write_text("saved = 1\n")
    desk = Desk(project)
    with desk.editor as editor:
        uri = desk.open("unsaved = (\n")
        editor.wait(lambda: editor.diagnostics.get(uri))
        (action,) = revert_actions(editor, uri)
        answer = editor.ask("workspace/executeCommand", action["command"])
        assert answer["reverted"] is True
        assert desk.text == FIRST
    assert (project.root / "app.py").read_text() == "saved = 1\n", "the person saves"
    refs = git(project.root, "for-each-ref", "--format=%(refname)", "refs/podium/kept")
    kept = {git(project.root, "show", f"{each}:app.py") for each in refs.splitlines()}
    assert kept == {"saved = 1", "unsaved = ("}


def revert_actions(editor: Editor, uri: str) -> list[Json]:
    return actions(editor, uri, 0, only=["source.podium.revert"])


def test_a_text_as_committed_offers_no_way_back(project: Project) -> None:
    desk = Desk(project)
    with desk.editor as editor:
        uri = desk.open("x = (\n")
        editor.wait(lambda: editor.diagnostics.get(uri))
        assert revert_actions(editor, uri)
        desk.text = ""
        desk.type(FIRST)
        editor.wait(lambda: not editor.diagnostics[uri])
        assert revert_actions(editor, uri) == []


def test_the_person_chooses_among_the_texts_that_there_were(project: Project) -> None:
    for text in ("one = 1\n", "two = 2\n"):
        (project.root / "app.py").write_text(text)
        token = project.ask("file.revert", path="app.py").token
        project.ask("file.revert", path="app.py", to="HEAD", token=token)
    kept = project.ask("file.revert", path="app.py", to="HEAD").choices
    desk = Desk(project, which="kept/")
    with desk.editor as editor:
        uri = desk.open()
        editor.command("podium.file.revert", uri=uri)
        assert len(desk.asked[0]["actions"]) == len(kept) == 2
        assert desk.text in ("one = 1\n", "two = 2\n")


@pytest.mark.parametrize("answer", ["Revert", "Not now"])
def test_a_file_that_is_not_open_is_written_after_a_question(project: Project, answer: str) -> None:
    (project.root / "app.py").write_text("x = 1\n")
    desk = Desk(project, Revert=answer)
    with desk.editor as editor:
        editor.initialize()
        editor.command("podium.file.revert", path="app.py")
    went_back = answer == "Revert"
    assert (project.root / "app.py").read_text() == (FIRST if went_back else "x = 1\n")


@pytest.mark.promise("L3.approval", "P4.approve")
@pytest.mark.parametrize("decision", ["plan.approve", "plan.reject"])
def test_whoever_answers_first_counts(project: Project, decision: str) -> None:
    plan = project.ask("plan.create", objective="Test", tasks=[{"id": "t1", "title": "x"}])
    desk = Desk(project)
    with desk.editor as editor:
        editor.initialize()

        def decide_elsewhere(params: Json) -> Any:
            del params
            more: Json = {"reason": "no"} if decision == "plan.reject" else {}
            project.ask(decision, plan=plan.plan.id, **more)
            return NO_ANSWER

        editor.replies["window/showMessageRequest"] = decide_elsewhere
        answer = editor.command("podium.plan.approve")
        state = "approved" if decision == "plan.approve" else "rejected"
        assert answer["done"] is False
        assert answer["reason"] == f"plan {plan.plan.id} is already {state} by ada (library)"
        # The user's answer comes too late and is ignored.
        (question,) = [q for q in editor.questions if "Approve plan" in str(q["params"])]
        editor.send({"jsonrpc": "2.0", "id": question["id"], "result": {"title": "Approve"}})
        assert editor.command("podium.plan.show")["state"] == state
        shown = [each for each in editor.notices if each["method"] == "window/showMessage"]
        assert shown == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\n"),
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\r\nb", "b\r\na"),
        ("\U0001f600\nx", "\U0001f600y\nx\n"),
        ("a\n", ""),
    ],
)
def test_only_the_lines_that_differ_are_replaced(before: str, after: str) -> None:
    made = before
    for span, new in reversed([*replacements(before, after)]):
        made = made[: span.start] + new + made[span.end :]
    assert made == after
