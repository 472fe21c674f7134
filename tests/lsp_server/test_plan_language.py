"""Language support for plan files, tested through the server in a real project."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from podium.model.base import canonical_text
from tests.lsp_server.wire import Editor, Json, at
from tests.support.projects import Project, task


@dataclass
class Desk:
    """An editor with a plan of three tasks.

    Every opened text has its own version, so diagnostics of a former one are not mistaken for its.
    """

    editor: Editor
    project: Project
    plan: str
    version: int = 0

    def path(self, name: str) -> Path:
        """Return the path of a file of the plan."""
        return self.project.root / ".podium" / "plans" / self.plan / name

    def open(self, name: str, text: str | None = None) -> str:
        """Open a file of the plan, or another text for it, replacing an open one."""
        return self.open_file(self.path(name), text, "json")

    def open_file(self, path: Path, text: str | None, language: str) -> str:
        """Open a file, replacing an open text of it."""
        self.close(path.as_uri())
        self.version += 1
        return self.editor.open(path, text, language, self.version)

    def type(self, uri: str, text: str) -> None:
        """Replace a text."""
        self.version += 1
        self.editor.change(uri, self.version, {"text": text})

    def rows(self, uri: str) -> list[Json]:
        """Return the diagnostics of the latest text."""
        return self.editor.shown_of(uri, self.version)

    def close(self, uri: str) -> None:
        """Close a document and forget its diagnostics."""
        self.editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        if self.editor.diagnostics.get(uri):
            self.editor.wait(lambda: not self.editor.diagnostics[uri])

    def problems(self, uri: str, text: str) -> list[tuple[str, str]]:
        """Return the problems of a document: the marked words and the message."""
        lines = text.split("\n")
        return [(_marked(lines, each["range"]), each["message"]) for each in self.rows(uri)]


def _marked(lines: list[str], place: dict[str, dict[str, int]]) -> str:
    start, end = place["start"], place["end"]
    if start["line"] != end["line"]:
        return lines[start["line"]][start["character"] :]
    return lines[start["line"]][start["character"] : end["character"]]


def make_desk(project: Project) -> Iterator[Desk]:
    tasks = [
        task("t1", priority="high", estimate={"minutes": 5}),
        task("t2", "t1", files={"modify": ["app.py"]}),
        task("t3", "t1", "t2"),
    ]
    plan = project.ask("plan.create", objective="Greet by name", tasks=tasks).plan.id
    with Editor(project.root) as editor:
        editor.initialize()
        yield Desk(editor, project, plan)


@pytest.fixture(scope="module")
def desk(shared_project: Project) -> Iterator[Desk]:
    yield from make_desk(shared_project)


@pytest.fixture
def own_desk(project: Project) -> Iterator[Desk]:
    yield from make_desk(project)


def check(desk: Desk, name: str, text: str, expected: list[tuple[str, str]]) -> None:
    """Compare the problems of a text with the expected ones."""
    found = desk.problems(desk.open(name, text), text)
    assert [marked for marked, _ in found] == [marked for marked, _ in expected], found
    for (_, message), (_, words) in zip(found, expected, strict=True):
        assert words in message


def edited(desk: Desk, name: str, **fields: Any) -> str:
    return canonical_text({**json.loads(desk.path(name).read_text()), **fields})


@pytest.mark.promise("L4")
@pytest.mark.parametrize(
    ("fields", "marked", "words"),
    [
        ({"requires": ["t1", "t3"]}, '"t3"', "cycle"),
        ({"requires": ["t9"]}, '"t9"', "not in the plan"),
        ({"requires": ["t2"]}, '"t2"', "requires itself"),
        ({"requiers": ["t1"]}, '"requiers"', "did you mean 'requires'?"),
        ({"priority": "urgent"}, '"urgent"', "critical"),
        ({"id": "t7"}, '"t7"', "'t2'"),
        ({"role": "wizard"}, '"wizard"', "no role"),
        ({"files": {"create": ["../x"]}}, '"../x"', "parent folder"),
        ({"files": {"create": ["/etc/x"]}}, '"/etc/x"', "absolute"),
        ({"estimate": {"minutes": -1}}, "-1", "greater"),
        ({"acceptance": [{"id": "c", "text": "a"}, {"id": "c", "text": "b"}]}, '"c"', "2 criteria"),
        ({"title": ""}, '""', "must not be empty"),
    ],
)
def test_a_broken_rule_is_marked_where_it_is_broken(
    desk: Desk, fields: Json, marked: str, words: str
) -> None:
    check(desk, "tasks/t2.json", edited(desk, "tasks/t2.json", **fields), [(marked, words)])


@pytest.mark.parametrize(
    ("text", "marked", "words"),
    [
        ('{"id": "t2", "title": "x"', "{", "never closed"),
        ('{"id": "t2" "title": "x"}', '"', "comma is missing"),
        ('{"id": "t2", "title": "x",}', ",", "no comma"),
        ('{"id": "t2", "id": "t2", "title": "x"}', '"id"', "twice"),
        ('{"id": "t2", "title": x}', "x", "quotes"),
        ('{"id": "t2", "title": "x}', '"x}', "not closed"),
        ('{"id": "t2", "title": "x"} more', "more", "follow"),
        ("[]", "[]", "object"),
    ],
)
def test_broken_json_is_marked_where_it_is_broken(
    desk: Desk, text: str, marked: str, words: str
) -> None:
    found = desk.problems(desk.open("tasks/t2.json", text), text)
    assert any(mark == marked and words in message for mark, message in found), found


def test_a_sound_file_has_no_remarks_and_a_mended_one_loses_them(desk: Desk) -> None:
    uri = desk.open("tasks/t2.json", edited(desk, "tasks/t2.json", requires=["t9"]))
    assert desk.rows(uri)
    desk.type(uri, desk.path("tasks/t2.json").read_text())
    desk.editor.wait(lambda: desk.editor.diagnostics[uri] == [])


def test_the_plans_own_file_is_judged(desk: Desk) -> None:
    fields: Json = {"task_order": ["t1", "t8"], "agents": {"executor": {"agent": "nobody"}}}
    text = edited(desk, "plan.json", **fields)
    expected = [('"nobody"', "no agent 'nobody' is installed"), ('"t8"', "no task 't8'")]
    check(desk, "plan.json", text, expected)


def test_a_conflict_is_told_and_resolved(desk: Desk) -> None:
    whole = desk.path("tasks/t2.json").read_text()
    text = whole.replace(
        '  "title": "Do t2"\n',
        '<<<<<<< ours\n  "title": "Mine"\n=======\n  "title": "Theirs"\n>>>>>>> theirs\n',
    )
    check(desk, "tasks/t2.json", text, [("<<<<<<< ours", "keep ours, theirs or both")])
    uri = desk.path("tasks/t2.json").as_uri()
    place = {"line": text.split("\n").index("<<<<<<< ours") + 1, "character": 0}
    params: Json = {
        "textDocument": {"uri": uri},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": []},
    }
    # This editor supports only commands, and an edit is not a command.
    assert desk.editor.ask("textDocument/codeAction", params) == []


def test_both_sides_of_a_conflict_can_be_kept(project: Project) -> None:
    literal = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}
    path = project.root / ".podium" / "plans" / "p-x" / "plan.json"
    text = "<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n"
    with Editor(project.root, {"textDocument": {"codeAction": literal}}) as editor:
        editor.initialize()
        uri = editor.open(path, text, "json")
        place = {"line": 2, "character": 0}
        params: Json = {
            "textDocument": {"uri": uri},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        }
        rows = editor.ask("textDocument/codeAction", params)
        kept = {each["title"]: each["edit"]["changes"][uri][0]["newText"] for each in rows}
        assert kept == {
            "Podium: keep ours": "1\n",
            "Podium: keep theirs": "2\n",
            "Podium: keep both": "1\n2\n",
        }


@pytest.mark.promise("Y1.lines")
def test_the_settings_file_is_judged_with_lines(desk: Desk) -> None:
    path = desk.project.root / ".podium" / "config.yaml"
    text = "run:\n  max_parallel: many\nagents:\n  default: nobody\nbogus: 1\n"
    uri = desk.open_file(path, text, "yaml")
    assert [each["range"]["start"]["line"] for each in desk.rows(uri)] == [1, 4]
    desk.type(uri, "agents:\n  default: nobody\n")
    assert desk.rows(uri)[0]["code"] == "agent"


def test_a_plan_as_markdown_is_judged_with_lines(desk: Desk) -> None:
    text = desk.project.ask("plan.export", format="markdown").text
    path = desk.project.root / "plan.md"
    uri = desk.open_file(path, text + "\n- Colour: red\n", "markdown")
    desk.type(uri, text.replace("- Requires: `t1`", "- Colour: `red`"))
    desk.editor.wait(
        lambda: any("unknown field 'colour'" in each for each in desk.editor.messages_of(uri))
    )


def place_of(text: str, words: str, shift: int = 0) -> tuple[int, int]:
    """Return the line and column of the first occurrence of some words."""
    before = text[: text.index(words) + shift]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def labels(desk: Desk, uri: str, text: str, words: str, shift: int) -> set[str]:
    found = desk.editor.ask("textDocument/completion", at(uri, *place_of(text, words, shift)))
    return {each["label"] for each in found["items"]}


@pytest.mark.promise("L4")
@pytest.mark.parametrize(
    ("text", "words", "shift", "expected", "missing"),
    [
        ('{"id": "t2", "requires": [""]}', '[""', 2, {"t1", "t3"}, {"t2"}),
        ('{"id": "t2", "requires": ["t1", ]}', ", ]", 2, {"t3"}, {"t1", "t2"}),
        ('{"id": "t2", "relates": []}', "[]", 1, {"t1", "t3"}, {"t2"}),
        ('{"id": "t2", "priority": ""}', ': ""}', 3, {"critical", "low"}, {"t1"}),
        ('{"id": "t2", "role": ""}', ': ""}', 3, {"executor", "auditor"}, set[str]()),
        ('{"id": "t2", "p"}', '"p"', 2, {"priority"}, {"id"}),
        ('{"id": "t2", }', ", }", 2, {"title", "requires"}, {"id"}),
        ('{"files": {"cr"}}', '"cr"', 2, {"create", "modify"}, {"title"}),
    ],
)
def test_what_may_be_written_is_proposed(
    desk: Desk, text: str, words: str, shift: int, expected: set[str], missing: set[str]
) -> None:
    uri = desk.open("tasks/t2.json", text)
    found = labels(desk, uri, text, words, shift)
    assert found >= expected
    assert not found & missing


def test_settings_and_agents_are_proposed_in_the_settings_file(desk: Desk) -> None:
    path = desk.project.root / ".podium" / "config.yaml"
    text = "run:\n  max\nagents:\n  default: \n"
    uri = desk.open_file(path, text, "yaml")
    assert labels(desk, uri, text, "max", 3) >= {"max_parallel", "max_attempts"}
    assert labels(desk, uri, text, "default: ", 9) >= {"playbook", "gemini"}


def test_a_task_is_explained_where_it_is_named(desk: Desk) -> None:
    uri = desk.open("tasks/t3.json")
    text = desk.path("tasks/t3.json").read_text()
    told = desk.editor.ask("textDocument/hover", at(uri, *place_of(text, '"t1"', 2)))
    assert "**t1** Do t1" in told["contents"]["value"]
    assert "pending · high · 5 min" in told["contents"]["value"]
    field = desk.editor.ask("textDocument/hover", at(uri, *place_of(text, '"requires"', 2)))
    assert "Tasks that must be done first." in field["contents"]["value"]


@pytest.mark.promise("L4")
def test_a_task_is_found_from_where_it_is_named(desk: Desk) -> None:
    uri = desk.open("tasks/t3.json")
    text = desk.path("tasks/t3.json").read_text()
    desk.close(desk.path("tasks/t2.json").as_uri())
    place = at(uri, *place_of(text, '"t1"', 2))
    found = desk.editor.ask("textDocument/definition", place)
    assert found["uri"] == desk.path("tasks/t1.json").as_uri()
    for own, expected in ((False, ["plan", "t2", "t3"]), (True, ["plan", "t1", "t2", "t3"])):
        params = {**place, "context": {"includeDeclaration": own}}
        rows = desk.editor.ask("textDocument/references", params)
        assert [Path(each["uri"]).stem for each in rows] == expected


def test_the_outline_names_what_has_a_name(desk: Desk) -> None:
    uri = desk.open("tasks/t2.json")
    rows = desk.editor.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert {each["name"] for each in rows} >= {"id", "requires", "title"}
    folds = desk.editor.ask("textDocument/foldingRange", {"textDocument": {"uri": uri}})
    assert folds[0]["startLine"] == 0


def test_formatting_writes_what_the_store_writes(desk: Desk) -> None:
    stored = desk.path("tasks/t2.json").read_text()
    uri = desk.open("tasks/t2.json", json.dumps(json.loads(stored)))
    options = {"textDocument": {"uri": uri}, "options": {"tabSize": 8, "insertSpaces": False}}
    (edit,) = desk.editor.ask("textDocument/formatting", options)
    assert edit["newText"] == stored
    desk.type(uri, stored)
    assert desk.editor.ask("textDocument/formatting", options) == []


def lens_titles(desk: Desk, uri: str) -> list[str]:
    rows = desk.editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [each["command"]["title"] for each in rows]


@pytest.mark.promise("L4")
def test_lenses_offer_what_can_be_done_now(own_desk: Desk) -> None:
    uri = own_desk.open("plan.json")
    assert lens_titles(own_desk, uri) == ["draft, 0 of 3 done", "Approve", "Read"]
    own_desk.project.ask("plan.approve", plan=own_desk.plan)
    assert lens_titles(own_desk, uri) == ["approved, 0 of 3 done", "Run", "Read"]
    one = own_desk.open("tasks/t1.json")
    assert lens_titles(own_desk, one) == ["pending"]
    own_desk.project.ask("task.update", task="t1", state="failed", reason="no time")
    assert lens_titles(own_desk, one) == ["failed · no time", "Retry"]


def test_states_stand_behind_the_ids(desk: Desk) -> None:
    uri = desk.open("tasks/t3.json")
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    params = {"textDocument": {"uri": uri}, "range": whole}
    rows = desk.editor.ask("textDocument/inlayHint", params)
    assert [each["label"] for each in rows] == ["pending, 5 min", "pending"]


def test_plans_and_tasks_are_found_by_their_words(desk: Desk) -> None:
    desk.editor.command("podium.status")
    rows = desk.editor.ask("workspace/symbol", {"query": "greet"})
    assert [each["name"] for each in rows] == [f"{desk.plan} Greet by name"]


def test_a_plan_file_saved_in_the_editor_is_the_stores(own_desk: Desk) -> None:
    path = own_desk.path("tasks/t1.json")
    uri = own_desk.open("tasks/t1.json")
    path.write_text(path.read_text().replace("Do t1", "Do it well"))
    own_desk.editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    lens = own_desk.open("plan.json")
    lens_titles(own_desk, lens)
    own_desk.editor.command("podium.status")
    view = own_desk.editor.command("podium.plan.show")
    assert view["plan"]["tasks"][0]["title"] == "Do it well"
