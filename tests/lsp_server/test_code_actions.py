"""Code actions for findings on the requested lines; an edit counts once the text has it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from podium.model import layout
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.model.ids import Kind, new_id
from tests.lsp_server.wire import Editor, Json, change
from tests.support.goldens import ROOT
from tests.support.projects import Project, task

DATA = ROOT / "tests" / "lsp_server" / "data"
EDITORS = ("neovim", "vscode")


def capabilities_of(editor: str) -> Json:
    """Return the capabilities that were captured from a real editor."""
    captured = json.loads((DATA / f"capabilities-{editor}.json").read_text())
    found: Json = captured["capabilities"]
    return found


@pytest.fixture
def editor(request: pytest.FixtureRequest, project: Project) -> Iterator[Editor]:
    reason = {"title": "accepted risk"}
    with Editor(
        project.root,
        capabilities_of(getattr(request, "param", "vscode")),
        replies={"window/showMessageRequest": lambda params: reason},
    ) as editor:
        editor.initialize()
        yield editor


def put(project: Project, line: int, old: str, new: str, said_by: str = "gate:lint") -> str:
    """Add a finding whose suggestion replaces `old` in a line of app.py."""
    text = (project.root / "app.py").read_text().splitlines()[line - 1]
    column = text.index(old) + 1
    place = Range(
        start=Position(line=line, column=column),
        end=Position(line=line, column=column + len(old)),
    )
    finding = Finding(
        id=new_id(Kind.FINDING),
        path="app.py",
        range=place,
        severity=Severity.WARNING,
        category="lint.word",
        message=f"{old} should be {new}",
        suggested_edit=SuggestedEdit(range=place, text=new),
        said_by=said_by,
        snippet=text.strip(),
    )
    project.engine.store.transact(lambda tx: tx.put(layout.finding(finding.id), finding))
    return finding.id


def actions(editor: Editor, uri: str, line: int, column: int = 0, **context: Any) -> list[Json]:
    place = {"line": line, "character": column}
    params: Json = {
        "textDocument": {"uri": uri},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": [], **context},
    }
    found: list[Json] = editor.ask("textDocument/codeAction", params)
    return found


def titles(rows: list[Json]) -> list[str]:
    return [each["title"] for each in rows]


def apply(editor: Editor, uri: str, action: Json, version: int) -> Json:
    """Apply an action like an editor: the edit first, then the command."""
    (document,) = action["edit"]["documentChanges"]
    for each in sorted(document["edits"], key=lambda e: -e["range"]["start"]["character"]):
        editor.change(uri, version, {"range": each["range"], "text": each["newText"]})
    found: Json = editor.ask("workspace/executeCommand", action["command"])
    return found


def open_with(editor: Editor, project: Project, count: int) -> str:
    uri = editor.open(project.root / "app.py")
    editor.wait(lambda: len(editor.diagnostics.get(uri, [])) == count)
    return uri


def test_an_action_is_offered_anywhere_on_the_line(editor: Editor, project: Project) -> None:
    put(project, 5, '"hello"', '"hi"')
    uri = open_with(editor, project, 1)
    expected = [
        "Podium: apply the suggestion (lint.word)",
        'Podium: dismiss: "hello" should be "hi"',
        'Podium: have the consultant fix: "hello" should be "hi"',
        "Podium: apply all suggestions in this file (1)",
        "Podium: audit this file again",
        "Podium: revert this file to a checkpoint",
    ]
    assert titles(actions(editor, uri, 4, 0)) == expected
    assert titles(actions(editor, uri, 4, 18)) == expected
    assert titles(actions(editor, uri, 0)) == expected[3:]


@pytest.mark.promise("L2")
@pytest.mark.parametrize("editor", EDITORS, indirect=True)
def test_an_applied_suggestion_settles_its_finding(editor: Editor, project: Project) -> None:
    name = put(project, 5, '"hello"', '"hi"')
    uri = open_with(editor, project, 1)
    action = actions(editor, uri, 4)[0]
    (document,) = action["edit"]["documentChanges"]
    assert document["textDocument"]["version"] == 1
    assert apply(editor, uri, action, 2)["fixed"] == [name]
    editor.wait(lambda: editor.diagnostics[uri] == [])
    assert project.ask("finding.show", finding=name).status == "fixed"


def test_an_edit_that_the_editor_did_not_make_settles_nothing(
    editor: Editor, project: Project
) -> None:
    name = put(project, 5, '"hello"', '"hi"')
    uri = open_with(editor, project, 1)
    action = actions(editor, uri, 4)[0]
    answer = editor.ask("workspace/executeCommand", action["command"])
    assert answer["fixed"] == []
    assert project.ask("finding.show", finding=name).status == "open"


@pytest.mark.parametrize("editor", EDITORS, indirect=True)
@pytest.mark.parametrize(("said_by", "confirm"), [("gate:lint", False), ("claude", True)])
def test_what_an_agent_suggests_is_confirmed_first(
    editor: Editor, project: Project, said_by: str, confirm: bool
) -> None:
    put(project, 5, '"hello"', '"hi"', said_by)
    uri = open_with(editor, project, 1)
    (annotation,) = actions(editor, uri, 4)[0]["edit"]["changeAnnotations"].values()
    assert annotation.get("needsConfirmation", False) is confirm


@pytest.mark.promise("L2")
@pytest.mark.parametrize("editor", EDITORS, indirect=True)
def test_all_suggestions_of_a_file_are_applied_at_once(editor: Editor, project: Project) -> None:
    names = {put(project, 4, "hello", "greet"), put(project, 5, '"hello"', '"hi"')}
    uri = open_with(editor, project, 2)
    (action,) = actions(editor, uri, 0, only=["source.fixAll"])
    assert action["kind"] == "source.fixAll.podium"
    assert set(apply(editor, uri, action, 2)["fixed"]) == names


def test_a_suggestion_moves_with_its_line(editor: Editor, project: Project) -> None:
    put(project, 5, '"hello"', '"hi"')
    uri = open_with(editor, project, 1)
    editor.change(uri, 2, change(0, 0, 0, "# new\n"))
    editor.wait(lambda: editor.diagnostics[uri][0]["range"]["start"]["line"] == 5)
    (document,) = actions(editor, uri, 5)[0]["edit"]["documentChanges"]
    assert document["edits"][0]["range"]["start"] == {"line": 5, "character": 11}


@pytest.mark.promise("L2")
def test_dismissing_asks_why(editor: Editor, project: Project) -> None:
    name = put(project, 5, '"hello"', '"hi"')
    uri = open_with(editor, project, 1)
    (action,) = [each for each in actions(editor, uri, 4) if "dismiss" in each["title"]]
    editor.ask("workspace/executeCommand", action["command"])
    assert project.ask("finding.show", finding=name).reason == "accepted risk"
    editor.wait(lambda: editor.diagnostics[uri] == [])


@pytest.mark.promise("L2")
def test_the_task_of_a_finding_can_be_opened(editor: Editor, project: Project) -> None:
    plan = project.ask("plan.create", objective="Test", tasks=[task("t1")]).plan.id
    project.ask("finding.add", path="app.py", message="m", line=5, task="t1")
    uri = open_with(editor, project, 1)
    (information,) = editor.diagnostics[uri][0]["relatedInformation"]
    assert information["location"]["uri"].endswith(f"plans/{plan}/tasks/t1.json")
    (action,) = [each for each in actions(editor, uri, 4) if "open task" in each["title"]]
    answer = editor.ask("workspace/executeCommand", action["command"])
    assert answer["uri"] == information["location"]["uri"]


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"triggerKind": 2}, {"quickfix"}),
        ({"only": ["quickfix"]}, {"quickfix"}),
        (
            {"only": ["source"]},
            {"source.fixAll.podium", "source.podium.audit", "source.podium.revert"},
        ),
        ({"only": ["source.podium"]}, {"source.podium.audit", "source.podium.revert"}),
        ({"only": ["refactor.extract"]}, set[str]()),
    ],
)
def test_only_the_kinds_that_were_asked_for_are_offered(
    editor: Editor, project: Project, context: Json, expected: set[str]
) -> None:
    put(project, 5, '"hello"', '"hi"')
    uri = open_with(editor, project, 1)
    assert {each["kind"] for each in actions(editor, uri, 4, **context)} == expected


def test_a_note_to_do_something_becomes_a_plan(editor: Editor, project: Project) -> None:
    uri = editor.open(project.root / "app.py", "x = 1\n# TODO: greet by name\n")
    (action,) = actions(editor, uri, 1)
    (arguments,) = action["command"]["arguments"]
    assert arguments["objective"] == "TODO: greet by name (app.py:2)"
    assert actions(editor, uri, 0) == []


def test_an_editor_without_literal_actions_gets_commands(project: Project) -> None:
    put(project, 5, '"hello"', '"hi"')
    with Editor(project.root) as editor:
        editor.initialize()
        uri = open_with(editor, project, 1)
        rows = actions(editor, uri, 4)
        assert [each["command"] for each in rows] == [
            "podium.finding.dismiss",
            "podium.finding.fix",
            "podium.audit.run",
            "podium.file.revert",
        ]


def test_the_consultant_is_not_let_at_a_text_that_is_not_saved(
    editor: Editor, project: Project
) -> None:
    put(project, 5, '"hello"', '"hi"')
    uri = open_with(editor, project, 1)
    (action,) = [each for each in actions(editor, uri, 4) if "consultant" in each["title"]]
    editor.change(uri, 2, change(0, 0, 0, "# new\n"))
    error = editor.refused("workspace/executeCommand", action["command"])
    assert error["data"]["what"] == "app.py has unsaved changes"


def test_a_suggestion_that_does_not_fit_any_more_is_not_offered(
    editor: Editor, project: Project
) -> None:
    name = put(project, 5, '"hello"', '"hi"')
    finding = project.ask("finding.show", finding=name)
    assert finding.suggested_edit is not None
    other = finding.suggested_edit.model_copy(update={"replaces": '"hullo"'})
    changed = finding.model_copy(update={"suggested_edit": other})
    project.engine.store.transact(lambda tx: tx.put(layout.finding(name), changed))
    uri = open_with(editor, project, 1)
    assert not [each for each in actions(editor, uri, 4) if "suggestion" in each["title"]]
