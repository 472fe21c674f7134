"""Findings and syntax as the editor shows them: in open and closed files, always where they are."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from podium.syntax import ProblemCode
from podium_lsp.convert import CODES
from tests.lsp_server.wire import Editor, Json, Reply, change
from tests.support.projects import Project
from tests.support.repositories import commit_files

BAD = 'def hello() -> str:\n    return ("hello"\n'


@pytest.fixture
def editor(project: Project) -> Iterator[Editor]:
    with Editor(project.root, options={"syntax": {"delayMs": 0}}) as editor:
        editor.initialize()
        yield editor


def add(project: Project, message: str, line: int = 4, **more: Any) -> Any:
    return project.ask("finding.add", path="app.py", message=message, line=line, **more)


def lines(editor: Editor, uri: str) -> list[tuple[str, int]]:
    """Return what is shown of a text, with the lines from 1."""
    rows = editor.diagnostics.get(uri, [])
    return [(each["message"], each["range"]["start"]["line"] + 1) for each in rows]


def shown_with(editor: Editor, uri: str, code: str) -> list[Json]:
    """Return what is shown of a text if that is only remarks of one code."""
    rows = editor.diagnostics.get(uri, [])
    return rows if {each["code"] for each in rows} == {code} else []


def wait_lines(editor: Editor, uri: str, expected: list[tuple[str, int]]) -> None:
    editor.wait(lambda: lines(editor, uri) == expected)


@pytest.mark.promise("L1.closed", "F1.place", "F1.severity", "F1.category", "F1.message")
def test_a_finding_is_shown_in_a_closed_file_as_soon_as_it_is_written(
    editor: Editor, project: Project
) -> None:
    uri = (project.root / "app.py").as_uri()
    made = add(project, "it greets nobody", severity="error", category="review.greeting")
    (row,) = editor.wait(lambda: editor.diagnostics.get(uri))
    assert row == {
        "range": {"start": {"line": 3, "character": 0}, "end": {"line": 3, "character": 19}},
        "severity": 1,
        "code": "review.greeting",
        "source": "podium",
        "message": "it greets nobody",
        "data": {"id": made.id},
    }


@pytest.mark.promise("L1.closed")
def test_findings_that_were_there_before_are_shown_at_the_start(project: Project) -> None:
    add(project, "one", severity="hint")
    add(project, "two", line=5, severity="info")
    with Editor(project.root, fresh=True) as editor:
        editor.initialize()
        uri = (project.root / "app.py").as_uri()
        wait_lines(editor, uri, [("one", 4), ("two", 5)])
        assert [each["severity"] for each in editor.diagnostics[uri]] == [4, 3]


@pytest.mark.promise("L1.closed")
def test_a_finding_that_is_settled_disappears(editor: Editor, project: Project) -> None:
    made = add(project, "it greets nobody")
    uri = (project.root / "app.py").as_uri()
    wait_lines(editor, uri, [("it greets nobody", 4)])
    project.ask("finding.dismiss", finding=made.id, reason="it does")
    wait_lines(editor, uri, [])
    project.ask("finding.settle", finding=made.id, status="open")
    wait_lines(editor, uri, [("it greets nobody", 4)])


@pytest.mark.promise("L1.open", "L1.edits")
def test_a_finding_moves_with_edits_and_goes_when_its_line_is_gone(
    editor: Editor, project: Project
) -> None:
    add(project, "here", line=5)
    uri = editor.open(project.root / "app.py")
    wait_lines(editor, uri, [("here", 5)])
    editor.change(uri, 2, change(0, 0, 0, "# one\n# two\n"))
    wait_lines(editor, uri, [("here", 7)])
    assert editor.published[-1]["version"] == 2
    editor.change(uri, 3, change(6, 0, 0, "", last=7))
    wait_lines(editor, uri, [])
    editor.change(uri, 4, change(6, 0, 0, '    return "hello"\n'))
    wait_lines(editor, uri, [("here", 7)])


def test_of_two_equal_lines_the_finding_stays_at_its_own(editor: Editor, project: Project) -> None:
    path = project.root / "app.py"
    path.write_text("x = 1\ny = 2\nx = 1\n")
    add(project, "the second", line=3)
    uri = editor.open(path)
    wait_lines(editor, uri, [("the second", 3)])
    editor.change(uri, 2, change(0, 0, 0, "x = 1\nx = 1\nx = 1\n"))
    wait_lines(editor, uri, [("the second", 6)])


def test_a_finding_follows_an_edit_that_comes_right_behind_the_opening(
    editor: Editor, project: Project
) -> None:
    path = project.root / "app.py"
    path.write_text("x = 1\ny = 2\nx = 1\n")
    add(project, "the second", line=3)
    wait_lines(editor, path.as_uri(), [("the second", 3)])
    uri = editor.open(path)
    editor.change(uri, 2, change(0, 0, 0, "x = 1\nx = 1\nx = 1\n"))
    wait_lines(editor, uri, [("the second", 6)])


@pytest.mark.promise("L1.open", "L1.edits", "F2.elsewhere")
def test_a_finding_whose_line_goes_is_not_shown_at_another_that_reads_the_same(
    editor: Editor, project: Project
) -> None:
    text = "def a():\n    return None\n\n\ndef b():\n    return None\n"
    uri = opened_with_finding(editor, project, text)
    editor.change(uri, 2, change(0, 0, 0, "", last=4))
    wait_lines(editor, uri, [])
    add(project, "of b", line=6)
    editor.change(uri, 3, change(0, 0, 0, "# one\n"))
    wait_lines(editor, uri, [("of b", 3)])


@pytest.mark.promise("L1.open", "L1.edits", "F2.moves")
@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (change(1, 4, 4, "\n    "), 3),
        (change(1, 0, 0, "    x = 1\n"), 3),
        (change(1, 19, 19, "\n    x = 1"), 2),
        (change(0, 0, 4, "\n\ndef "), 4),
        (change(1, 0, 4, "\t"), 2),
    ],
    ids=["broken before it", "line before it", "line behind it", "lines above", "indented anew"],
)
def test_typing_around_a_line_keeps_its_finding(
    editor: Editor, project: Project, edit: Json, line: int
) -> None:
    uri = opened_with_finding(editor, project, "def a():\n    return [one]\n")
    before = len(editor.published)
    editor.change(uri, 2, edit)
    # The server has taken the edit in when it shows what was found after it.
    add(project, "of its head", line=1)
    editor.wait(lambda: {("of a", line)} < set(lines(editor, uri)))
    shown = [each["diagnostics"] for each in editor.published[before:] if each["uri"] == uri]
    assert all("of a" in [row["message"] for row in rows] for rows in shown), "it never went away"


def opened_with_finding(editor: Editor, project: Project, text: str) -> str:
    """Open a text that has a finding in its second line, and wait until that is shown."""
    path = project.root / "app.py"
    path.write_text(text)
    add(project, "of a", line=2)
    uri = editor.open(path)
    # What its syntax is checked for may be shown before it, or in the same message.
    editor.wait(lambda: ("of a", 2) in lines(editor, uri))
    return uri


def test_closing_an_edited_text_shows_the_file_again(editor: Editor, project: Project) -> None:
    add(project, "here", line=5)
    uri = editor.open(project.root / "app.py")
    editor.change(uri, 2, change(0, 0, 0, "\n\n"))
    wait_lines(editor, uri, [("here", 7)])
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    wait_lines(editor, uri, [("here", 5)])


@pytest.mark.promise("L1.closed")
def test_a_closed_file_that_an_agent_writes_is_looked_at_again(
    editor: Editor, project: Project
) -> None:
    add(project, "here", line=5)
    path = project.root / "app.py"
    wait_lines(editor, path.as_uri(), [("here", 5)])
    path.write_text("# new\n" + path.read_text())
    wait_lines(editor, path.as_uri(), [("here", 6)])
    path.unlink()
    wait_lines(editor, path.as_uri(), [])


@pytest.mark.promise("L1.edits")
def test_what_did_not_change_is_not_sent_again(editor: Editor, project: Project) -> None:
    add(project, "here", line=5)
    uri = editor.open(project.root / "app.py")
    wait_lines(editor, uri, [("here", 5)])
    before = len([each for each in editor.published if each["uri"] == uri])
    for version in range(2, 12):
        editor.change(uri, version, change(4, 18, 18, " "))
        editor.change(uri, version + 100, change(4, 18, 19, ""))
    add(project, "another", line=4)
    wait_lines(editor, uri, [("another", 4), ("here", 5)])
    sent = [each for each in editor.published if each["uri"] == uri]
    assert all(one["diagnostics"] != two["diagnostics"] for one, two in pairwise(sent))
    assert len(sent) <= before + 22


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 17), ("utf-16", 12), ("utf-32", 11)])
def test_columns_are_counted_as_the_editor_wants(
    project: Project, encoding: str, column: int
) -> None:
    capabilities: Json = {"general": {"positionEncodings": [encoding]}}
    with Editor(project.root, capabilities) as editor:
        server = editor.initialize()
        assert server["capabilities"]["positionEncoding"] == encoding
        uri = editor.open(project.root / "app.py", 'é = "語😀" + (\n')
        (row, *_) = editor.shown_of(uri, 1)
        assert row["range"]["start"] == {"line": 0, "character": column}
        editor.change(uri, 2, change(0, column, column + 1, "1"))
        editor.wait(lambda: editor.diagnostics[uri] == [])


@pytest.mark.promise("L7")
def test_unsaved_text_is_what_is_checked(editor: Editor, project: Project) -> None:
    uri = editor.open(project.root / "app.py")
    editor.change(uri, 2, {"text": BAD})
    # A check of the keystroke alone may come first, and may know less.
    (row,) = editor.wait(lambda: shown_with(editor, uri, "syntax.unclosed"))
    assert row["severity"] == 1
    assert row["codeDescription"]["href"] == f"{CODES.as_uri()}#syntax.unclosed"
    assert row["range"]["start"] == {"line": 1, "character": 11}
    editor.change(uri, 3, change(1, 19, 19, ")"))
    editor.wait(lambda: editor.diagnostics.get(uri) == [])
    assert (project.root / "app.py").read_text() != BAD


def test_every_code_of_ours_is_explained() -> None:
    explained = set(re.findall(r"^### (\S+)$", CODES.read_text(), re.MULTILINE))
    of_plans = {"json", "yaml", "shape", "field", "id", "role", "plan", "task", "agent"}
    assert explained == {f"syntax.{each}" for each in ProblemCode} | of_plans | {"conflict-marker"}


def test_what_the_last_commit_has_too_is_not_held_against_the_text(
    editor: Editor, project: Project
) -> None:
    commit_files(project.root, {"old.py": BAD})
    old = editor.open(project.root / "old.py")
    editor.change(old, 2, change(0, 0, 0, "# a remark\n"))
    new = editor.open(project.root / "new.py", BAD)
    editor.wait(lambda: editor.diagnostics.get(new))
    editor.command("podium.status")
    assert old not in editor.diagnostics


def test_findings_and_syntax_are_shown_side_by_side(editor: Editor, project: Project) -> None:
    add(project, "here", line=5)
    uri = editor.open(project.root / "app.py")
    editor.change(uri, 2, change(0, 0, 0, "x = (\n\n"))
    editor.wait(lambda: {c["code"] for c in editor.diagnostics.get(uri, [])} >= {"review"})
    rows = editor.wait(lambda: len(editor.diagnostics[uri]) > 1 and editor.diagnostics[uri])
    assert "syntax.unclosed" in {each["code"] for each in rows}


def test_closing_a_text_clears_what_its_syntax_was(editor: Editor, project: Project) -> None:
    uri = editor.open(project.root / "app.py", BAD)
    editor.wait(lambda: editor.diagnostics.get(uri))
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    editor.wait(lambda: editor.diagnostics.get(uri) == [])


@pytest.mark.parametrize("way", ["project", "options", "configuration", "didChangeConfiguration"])
def test_settings_reach_the_server_in_each_way(project: Project, way: str) -> None:
    add(project, "here")
    off = {"findings": {"enable": False}, "unknown": 1}
    answer = off if way == "configuration" else None
    replies: dict[str, Reply] = {"workspace/configuration": lambda params: [answer]}
    capabilities: Json = {"workspace": {"configuration": way == "configuration"}}
    if way == "project":
        file = project.root / ".podium" / "editor.yaml"
        file.write_text("findings:\n  enable: false\nunknown: 1\n")
    options = {"podium": off} if way == "options" else None
    with Editor(project.root, capabilities, options=options, replies=replies) as editor:
        editor.initialize()
        if way == "didChangeConfiguration":
            uri = (project.root / "app.py").as_uri()
            wait_lines(editor, uri, [("here", 4)])
            editor.notify("workspace/didChangeConfiguration", {"settings": {"podium": off}})
            wait_lines(editor, uri, [])
        assert editor.command("podium.status")["projects"][0]["findings"] == 1
        editor.command("podium.finding.list")
        shown = [each for each in editor.published if each["diagnostics"]]
        assert len(shown) == (1 if way == "didChangeConfiguration" else 0), "nothing flashes up"
        assert not any(editor.diagnostics.values())


def test_each_of_two_folders_has_its_own_findings(project: Project, tmp_path: Path) -> None:
    from tests.support.repositories import make_repository

    other = Project(make_repository(tmp_path / "other", {"app.py": "x = 1\n"}))
    other.ask("project.init")
    add(project, "first", line=4)
    other.ask("finding.add", path="app.py", message="second", line=1)
    with Editor(project.root) as editor:
        folders = [{"uri": p.root.as_uri(), "name": "x"} for p in (project, other)]
        editor.initialize(workspaceFolders=folders)
        for root, expected in ((project.root, "first"), (other.root, "second")):
            uri = (root / "app.py").as_uri()
            editor.wait(partial(_shows, editor, uri, expected))
    other.close()


def _shows(editor: Editor, uri: str, message: str) -> bool:
    return editor.messages_of(uri) == [message]


def test_a_folder_that_becomes_a_project_is_noticed(project: Project, tmp_path: Path) -> None:
    from tests.support.repositories import make_repository

    root = make_repository(tmp_path / "later", {"app.py": "x = 1\n"})
    with Editor(root) as editor:
        editor.initialize()
        assert editor.command("podium.status")["message"] == "no Podium project"
        assert editor.command("podium.project.init")["created"]
        assert editor.command("podium.status")["health"] == "ok"
        made = editor.command("podium.finding.add", path="app.py", message="seen", line=1)
        assert made["said_by"]
        editor.wait(lambda: editor.messages_of((root / "app.py").as_uri()) == ["seen"])


def test_a_text_outside_of_any_project_is_left_alone(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "alone.py"
    path.write_text(BAD)
    with Editor(None) as editor:
        editor.initialize()
        editor.open(path)
        assert editor.command("podium.status")["projects"] == []
        assert editor.published == []
    assert project.root.exists()


def test_a_project_behind_a_link_is_shown_by_the_way_the_editor_went(
    project: Project, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(project.root)
    add(project, "here")
    with Editor(link) as editor:
        editor.initialize()
        editor.wait(lambda: editor.messages_of((link / "app.py").as_uri()) == ["here"])


def test_many_findings_of_one_transaction_are_shown_at_once(project: Project) -> None:
    from podium.model import layout
    from podium.model.findings import Finding, Position, Range, Severity

    def work(tx: Any) -> None:
        for number in range(400):
            name = f"f-{number:06d}"
            place = Position(line=number % 5 + 1)
            finding = Finding(
                id=name,
                path="app.py",
                range=Range(start=place, end=place),
                severity=Severity.INFO,
                category="many",
                message=f"number {number}",
                said_by="tool",
            )
            tx.put(layout.finding(name), finding)

    with Editor(project.root) as editor:
        editor.initialize()
        editor.command("podium.status")
        project.engine.store.transact(work)
        uri = (project.root / "app.py").as_uri()
        editor.wait(lambda: len(editor.diagnostics.get(uri, [])) == 400)
        assert len(editor.published) == 1
