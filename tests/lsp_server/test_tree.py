"""What extensions use: the tree, the questions of a command, and change notifications."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.wire import Editor, Json
from tests.support.projects import SAMPLE, Project, task, write
from tests.support.repositories import make_repository

HEARING: Json = {"experimental": {"podium": {"changes": True}}}
CHANGED = "podium/changed"


@pytest.fixture(scope="module")
def plan(shared_project: Project) -> str:
    """Add a plan and two findings to the project of all tests here."""
    tasks = [task("t1"), task("t2", "t1"), task("t3")]
    view = shared_project.ask("plan.create", objective="Write files", tasks=tasks)
    shared_project.ask("finding.add", path="app.py", message="spoken badly", line=5, task="t2")
    shared_project.ask("finding.add", path="README.md", message="too short", severity="info")
    return str(view.plan.id)


@pytest.fixture(scope="module")
def editor(shared_project: Project, plan: str) -> Iterator[Editor]:
    """Provide an editor that has loaded the project with the plan."""
    assert plan
    with Editor(shared_project.root, HEARING) as editor:
        editor.initialize()
        yield editor


def drawn(editor: Editor, node: str = "", depth: int = 0) -> Iterator[str]:
    """Render the tree as text, without values that differ between runs."""
    for row in editor.command("podium.tree", node=node):
        words = f"{'  ' * depth}{row['kind']}: {row['label']} ({row['description']})"
        words = re.sub(r" · \d\d \w{3} \d\d:\d\d", "", words)
        yield re.sub(r"\br-[a-z0-9]+", "r-…", words)
        if row["parent"]:
            yield from drawn(editor, row["id"], depth + 1)


@pytest.mark.promise("L6")
def test_the_tree_of_a_plan_its_tasks_and_findings(editor: Editor) -> None:
    assert list(drawn(editor)) == [
        "plan.draft: Write files (draft · 0 of 3 done)",
        "  task.ready: Do t1 (t1 · ready)",
        "  task.pending: Do t2 (t2 · pending)",
        "    finding.warning.open: spoken badly (line 5 · review)",
        "  task.ready: Do t3 (t3 · ready)",
        "findings: Findings (2 open)",
        "  file: README.md (1)",
        "    finding.info.open: too short (line 1 · review)",
        "  file: app.py (1)",
        "    finding.warning.open: spoken badly (line 5 · review)",
    ]


@pytest.mark.promise("L6")
def test_the_tree_of_a_run(project: Project) -> None:
    script: dict[str, Any] = {"t1": [[write("one.txt", "1\n")]], "t2": [[write("x.py", "x = (\n")]]}
    plan = project.plan([task("t1"), task("t2")], script)
    run = project.run_to_end(plan, max_attempts=1)
    second = project.ask("plan.create", objective="Another", tasks=[task("t1")]).plan.id
    with Editor(project.root) as editor:
        editor.initialize()
        rows = list(drawn(editor))
        top = editor.command("podium.tree")
        shown = asked(editor, "plan.show")
        approved = asked(editor, "run.start")
    assert rows[:4] == [
        "plan.draft: Another (draft · 0 of 1 done)",
        "  task.ready: Do t1 (t1 · ready)",
        "plan.approved: Test (approved · 1 of 2 done)",
        "  task.done: Do t1 (t1 · done)",
    ]
    assert f"    run.done: Run {_hidden(run.run_id)} (done · 1 attempt)" in rows
    assert any(row.startswith("  task.failed: Do t2 (t2 · failed") for row in rows)
    assert CHANGED not in {each["method"] for each in editor.notices}, "nobody asked for it"
    (row,) = [each for each in top if each["kind"] == "plan.approved"]
    assert row["arguments"] == {"plan": plan, "run": run.run_id}
    assert Path(row["uri"].removeprefix("file://")).name == "plan.json"
    assert shown
    assert [each["value"] for each in shown["choices"]] == [second, plan]
    assert approved is None, "only one may run"


def _hidden(run_id: str) -> str:
    return re.sub(r"\br-[a-z0-9]+", "r-…", run_id)


def test_a_finding_in_the_tree_stands_where_it_stands_in_the_text(
    editor: Editor, shared_project: Project
) -> None:
    uri = editor.open(shared_project.root / "app.py")
    editor.wait(lambda: editor.messages_of(uri))
    editor.change(uri, 2, {"text": "\n\n" + (shared_project.root / "app.py").read_text()})
    editor.wait(lambda: editor.diagnostics[uri][0]["range"]["start"]["line"] == 6)
    file = f"{shared_project.root.as_uri()}#findings/app.py"
    (row,) = editor.command("podium.tree", node=file)
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    editor.wait(lambda: editor.diagnostics[uri][0]["range"]["start"]["line"] == 4)
    assert (row["uri"], row["line"]) == (uri, 6)


def test_a_node_that_is_gone_is_said_to_be_so(editor: Editor, shared_project: Project) -> None:
    node = f"{shared_project.root.as_uri()}#p-nosuch"
    params = {"command": "podium.tree", "arguments": [{"node": node}]}
    assert editor.refused("workspace/executeCommand", params)["data"]["code"] == "plan-not-found"


def test_changes_are_told_to_those_who_want_to_hear(
    editor: Editor, shared_project: Project
) -> None:
    editor.command("podium.status")
    shared_project.ask("session.create", title="A change")
    told = editor.wait(lambda: [each for each in editor.notices if each["method"] == CHANGED])
    assert told[0]["params"] == {"uri": shared_project.root.as_uri()}


def asked(editor: Editor, command: str, **given: Any) -> Json | None:
    form = editor.command("podium.missing", command=f"podium.{command}", given=given)
    question: Json | None = form["question"]
    return question


def test_a_command_tells_what_it_still_has_to_be_told(editor: Editor, plan: str) -> None:
    assert asked(editor, "run.report") is None, "there is nothing to choose from"
    assert asked(editor, "plan.show") is None, "there is only one"
    assert asked(editor, "plan.create", agent="playbook") == {
        "name": "objective",
        "prompt": "What to do, in your own words",
        "kind": "text",
        "choices": [],
        "optional": True,
    }
    assert asked(editor, "plan.create", agent="playbook", objective="x") is None
    dismissed = asked(editor, "finding.dismiss")
    assert dismissed
    assert [each["label"] for each in dismissed["choices"]] == ["spoken badly", "too short"]
    reason = asked(editor, "finding.dismiss", finding=dismissed["choices"][0]["value"])
    assert reason
    assert (reason["name"], reason["kind"], reason["optional"]) == ("reason", "text", False)
    state = asked(editor, "task.update", task=f"{plan}/t1")
    assert state
    assert "done" in [each["value"] for each in state["choices"]]


def test_what_was_left_out_is_not_asked_for_again(editor: Editor) -> None:
    call: Json = {"command": "podium.plan.create", "given": {}, "asked": ["agent", "objective"]}
    form = editor.command("podium.missing", **call)
    assert (form["effect"], form["question"]) == ("long", None)
    assert form["title"].startswith("Draft a plan")
    unknown = {"command": "podium.missing", "arguments": [{"command": "podium.nosuch"}]}
    assert editor.refused("workspace/executeCommand", unknown)["data"]["code"] == "validation"


def test_several_projects_stand_side_by_side(shared_project: Project, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other", SAMPLE)
    Project(other).ask("project.init")
    folders = [{"uri": root.as_uri(), "name": root.name} for root in (shared_project.root, other)]
    with Editor(None) as editor:
        editor.initialize(workspaceFolders=folders)
        rows = editor.command("podium.tree")
        assert [(row["kind"], row["label"]) for row in rows] == [
            ("project", "app"),
            ("project", "other"),
        ]
        assert editor.command("podium.tree", node=rows[1]["id"]) == []
