"""Commands: every operation, run from the editor with progress and consent."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podium.app.actors import actor_of
from podium.app.agent_signs import AGENT_MARKS
from podium.model.events import Actor
from podium.operations.table import OPERATION_IDS, load_operation
from podium_lsp.commands.names import OWN, command_of, operation_ids
from podium_lsp.session.settings import schema
from tests.lsp_server.wire import Editor, Json, Reply
from tests.support.goldens import ROOT, Goldens
from tests.support.projects import Project, fixes, task, write

PROGRESS: Json = {"window": {"workDoneProgress": True, "showDocument": {"support": True}}}


def saying(title: str | None, asked: list[str] | None = None) -> dict[str, Reply]:
    """Return replies with the same answer to every question; None dismisses it."""

    def reply(params: Json) -> Json | None:
        if asked is not None:
            asked.append(params["message"])
        return {"title": title} if title else None

    return {"window/showMessageRequest": reply}


@pytest.fixture
def editor(project: Project) -> Iterator[Editor]:
    with Editor(project.root, PROGRESS) as editor:
        editor.initialize()
        yield editor


@pytest.mark.promise("L3.commands")
def test_every_operation_is_a_command() -> None:
    assert operation_ids() == OPERATION_IDS


def test_the_editor_is_told_of_every_command(editor: Editor) -> None:
    told = editor.server["capabilities"]["executeCommandProvider"]["commands"]
    assert sorted(told) == sorted([*map(command_of, OPERATION_IDS), *OWN])


def test_agents_are_recognised_as_in_the_terminal() -> None:
    assert actor_of("lsp", {}).kind == "person"
    assert actor_of("lsp", {AGENT_MARKS[0]: "1"}).kind == "agent"


def test_the_page_names_every_command_and_setting(goldens: Goldens) -> None:
    path = ROOT / "docs" / "lsp.md"
    page = path.read_text()
    for title, made in (("Commands", _commands_table()), ("Settings", _settings_table())):
        head, mark, rest = page.partition(f"## {title}\n")
        words, line, table = rest.partition("\n| ")
        behind = table.partition("\n\n")[2]
        page = f"{head}{mark}{words}\n{made}\n{behind}"
        assert mark
        assert line
    goldens.check(path, page)


def _commands_table() -> str:
    rows = ["| command | |", "|---|---|"]
    rows += [f"| `podium.{each}` | {load_operation(each).summary} |" for each in OPERATION_IDS]
    rows += [f"| `{name}` | {told} |" for name, told in OWN.items()]
    return "\n".join(rows) + "\n"


def _settings_table() -> str:
    rows = ["| setting | default | |", "|---|---|---|"]
    for name, field in schema()["properties"].items():
        rows.append(f"| `{name}` | {json.dumps(field['default'])} | {field['description']} |")
    return "\n".join(rows) + "\n"


def test_a_command_answers_with_the_operations_own_result(editor: Editor, project: Project) -> None:
    made = editor.command("podium.plan.create", objective="Add a flag", tasks=[task("t1")])
    assert made["state"] == "draft"
    assert made["plan"]["header"]["created_by"]["face"] == "lsp"
    assert made["plan"]["header"]["created_by"]["kind"] == "person"
    assert project.ask("plan.show").plan.id == made["plan"]["header"]["id"]


@pytest.mark.parametrize(
    ("command", "arguments", "code"),
    [
        ("podium.plan.show", {"plan": "p-nosuch"}, "plan-not-found"),
        ("podium.plan.list", {"limit": "many"}, "validation"),
        ("podium.plan.list", {"bogus": 1}, "validation"),
        ("podium.finding.add", {"path": "../x", "message": "m"}, "path-outside"),
        ("podium.open", {}, "validation"),
    ],
)
def test_a_refusal_says_what_why_and_what_to_do(
    editor: Editor, command: str, arguments: Json, code: str
) -> None:
    params = {"command": command, "arguments": [arguments]}
    error = editor.refused("workspace/executeCommand", params)
    assert error["data"]["code"] == code
    assert error["data"]["what"] in error["message"]
    assert not [each for each in editor.notices if each["method"] == "window/showMessage"]


@pytest.mark.promise("L3.progress")
def test_long_work_shows_progress_that_always_ends(editor: Editor) -> None:
    editor.command("podium.plan.create", objective="Add a flag", tasks=[task("t1")])
    kinds = [each["params"]["value"]["kind"] for each in _progress(editor)]
    assert kinds == ["begin", "end"]
    params: Json = {"command": "podium.plan.create", "arguments": [{"objective": "x", "tasks": []}]}
    editor.refused("workspace/executeCommand", params)
    ends = [each["params"]["value"] for each in _progress(editor)][-1]
    assert ends == {"kind": "end", "message": "failed"}


def test_progress_goes_by_the_editors_own_name_when_it_gave_one(editor: Editor) -> None:
    params = {
        "command": "podium.plan.create",
        "arguments": [{"objective": "x", "tasks": [task("t1")]}],
        "workDoneToken": "mine",
    }
    editor.ask("workspace/executeCommand", params)
    assert {each["params"]["token"] for each in _progress(editor)} == {"mine"}


def _progress(editor: Editor) -> list[Json]:
    return [each for each in editor.notices if each["method"] == "$/progress"]


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize("answer", ["Not now", None, "Yes", "approve"])
def test_only_the_word_approve_approves(project: Project, answer: str | None) -> None:
    project.ask("plan.create", objective="Test", tasks=[task("t1")])
    with Editor(project.root, replies=saying(answer)) as editor:
        editor.initialize()
        assert editor.command("podium.plan.approve") == {"done": False, "reason": "not confirmed"}
        assert project.ask("plan.show").state == "draft"


@pytest.mark.promise("L3.approval", "P4.version", "P4.changed")
def test_an_approval_is_bound_to_the_version_that_was_shown(project: Project) -> None:
    view = project.ask("plan.create", objective="Test", tasks=[task("t1")])
    asked: list[str] = []
    with Editor(project.root, replies=saying("Approve", asked)) as editor:
        editor.initialize()
        assert editor.command("podium.plan.approve")["state"] == "approved"
        assert view.version in asked[0]
        assert "Do t1" in asked[0]
        edit = {"op": "text", "summary": "changed"}
        project.ask("plan.update", edits=[edit])
        stale = {"command": "podium.plan.approve", "arguments": [{"version": view.version}]}
        assert editor.refused("workspace/executeCommand", stale)["data"]["code"] == "write-conflict"


def test_the_plan_can_be_looked_at_before_the_answer(project: Project) -> None:
    project.ask("plan.create", objective="Test", tasks=[task("t1")])
    answers = ["Show the plan", "Approve"]
    replies: dict[str, Reply] = {
        "window/showMessageRequest": lambda params: {"title": answers.pop(0)}
    }
    with Editor(project.root, PROGRESS, replies=replies) as editor:
        editor.initialize()
        assert editor.command("podium.plan.approve")["state"] == "approved"
        (shown,) = [q for q in editor.questions if q["method"] == "window/showDocument"]
        text = Path(shown["params"]["uri"].removeprefix("file://")).read_text()
        assert "# Plan: Test" in text


@pytest.mark.parametrize(
    "command", ["podium.plan.reset", "podium.project.trust", "podium.work.land"]
)
def test_what_takes_away_or_lets_run_is_asked_for_first(project: Project, command: str) -> None:
    plan = project.plan([task("t1")], {"t1": [[write("a.txt", "a\n")]]})
    if command == "podium.work.land":
        project.run_to_end(plan)
    asked: list[str] = []
    with Editor(project.root, replies=saying(None, asked)) as editor:
        editor.initialize()
        assert editor.command(command)["done"] is False
        assert len(asked) == 1
    assert not (project.root / "a.txt").exists()


@pytest.mark.promise("L3.commands", "L3.progress", "L3.approval", "R13.editors")
def test_a_plan_is_approved_run_and_landed_from_the_editor(project: Project) -> None:
    script = {"t1": [[write("one.txt", "1\n")]], "t2": [[write("two.txt", "2\n")]]}
    playbook = str(project.write_playbook(script))
    answers = {"Approve plan": "Approve", "Land plan": "Land"}

    def reply(params: Json) -> Json:
        title = next(v for k, v in answers.items() if params["message"].startswith(k))
        return {"title": title}

    answering: dict[str, Reply] = {"window/showMessageRequest": reply}
    with Editor(project.root, PROGRESS, replies=answering, fresh=True) as editor:
        editor.initialize()
        editor.command(
            "podium.plan.create",
            objective="Two files",
            tasks=[task("t1"), task("t2", "t1")],
            agent="playbook",
            options={"playbook": playbook},
        )
        editor.command("podium.plan.approve")
        run = editor.command("podium.run.start")
        title = f"Podium run {run['run_id']}"
        begun = editor.wait(
            lambda: [
                each["params"]["token"]
                for each in _progress(editor)
                if each["params"]["value"].get("title") == title
            ]
        )
        rows = editor.wait(lambda: _ended(editor, begun[0]))
        assert rows[-1] == {"kind": "end", "message": "completed: 2 of 2 done"}
        assert any("t2" in each.get("message", "") for each in rows)
        assert editor.command("podium.status")["busy"] is False
        log = editor.command("podium.open", log=f"{run['run_id']}/t1")
        # The runner packs the logs of ended calls in its own time; what was opened stays.
        shutil.rmtree(project.root / ".podium/run/calls", ignore_errors=True)
        assert Path(log["uri"].removeprefix("file://")).read_text()
        report = editor.command("podium.open", report="")
        assert "t1" in Path(report["uri"].removeprefix("file://")).read_text()
        assert editor.command("podium.work.land")["landed"]
    assert (project.root / "two.txt").read_text() == "2\n"


def _ended(editor: Editor, token: Any) -> list[Json]:
    rows = [e["params"]["value"] for e in _progress(editor) if e["params"]["token"] == token]
    return rows if rows[-1]["kind"] == "end" else []


@pytest.mark.promise("L3.cancel")
def test_cancelling_a_runs_progress_asks_and_cancels_the_run(
    project: Project, tmp_path: Path
) -> None:
    gate = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)"
    project.plan([task("t1")], {"t1": [[{"run": ["python3", "-c", wait]}]]})
    with Editor(project.root, PROGRESS, replies=saying("Cancel the run")) as editor:
        editor.initialize()
        run = editor.command("podium.run.start")["run_id"]
        (first, *_) = editor.wait(
            lambda: [e for e in _progress(editor) if run in e["params"]["value"].get("title", "")]
        )
        token = first["params"]["token"]
        editor.notify("window/workDoneProgress/cancel", {"token": token})
        rows = editor.wait(lambda: _ended(editor, token))
        assert rows[-1]["message"].startswith("cancelled")
    gate.touch()


@pytest.mark.promise("L1.live", "V1.every", "V1.place")
def test_what_is_held_against_a_new_file_is_shown_in_the_attempts_own_one(
    project: Project, tmp_path: Path
) -> None:
    gate = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)"
    broken, mended = write("new.py", "x = [\n"), write("new.py", "x = []\n")
    project.plan([task("t1")], {"t1": [[broken]]})
    fixes(project, {"t1": [[{"run": ["python3", "-c", wait]}, mended]]})
    with Editor(project.root, PROGRESS) as editor:
        editor.initialize()
        editor.command("podium.run.start")
        uri, (row,) = editor.wait(
            lambda: next((each for each in editor.diagnostics.items() if each[1]), None)
        )
        path = Path(uri.removeprefix("file://"))
        assert path.name == "new.py"
        assert not path.is_relative_to(project.root), "the person's folder has no such file"
        assert path.read_text() == "x = [\n"
        assert (row["range"]["start"]["line"], row["code"]) == (0, "syntax")
        gate.touch()
        editor.wait(lambda: not any(editor.diagnostics.values()))


def test_a_syntax_check_sees_what_the_editor_holds(editor: Editor, project: Project) -> None:
    uri = editor.open(project.root / "app.py", "x = (\n")
    assert editor.command("podium.syntax.check", uri=uri)["whole"] is False
    assert editor.command("podium.syntax.check", path="README.md")["path"] == "README.md"


def test_a_plan_is_imported_from_a_file_of_the_project(editor: Editor, project: Project) -> None:
    (project.root / "tasks.json").write_text(json.dumps({"objective": "x", "tasks": [task("t1")]}))
    made = editor.command("podium.plan.import", path="tasks.json")
    assert made["plan"]["header"]["objective"] == "x"


@pytest.mark.parametrize(
    ("arguments", "ending"),
    [
        ({"plan": ""}, "/plan.json"),
        ({"task": "t1"}, "/tasks/t1.json"),
        ({"log": ""}, "/lsp.log"),
        ({"finding": "f-"}, "/app.py"),
    ],
)
def test_what_a_person_names_is_opened(
    editor: Editor, project: Project, arguments: Json, ending: str
) -> None:
    project.ask("plan.create", objective="Test", tasks=[task("t1")])
    project.ask("finding.add", path="app.py", message="m")
    answer = editor.command("podium.open", **arguments)
    assert answer["uri"].endswith(ending)
    assert answer["shown"] is True


@pytest.mark.promise("P4.approve")
def test_a_server_that_an_agent_started_cannot_approve(project: Project) -> None:
    project.ask("plan.create", objective="Test", tasks=[task("t1")])
    with Editor(
        project.root, replies=saying("Approve"), environment={AGENT_MARKS[0]: "1"}
    ) as editor:
        editor.initialize()
        params: Json = {"command": "podium.plan.approve", "arguments": [{}]}
        assert editor.refused("workspace/executeCommand", params)["data"]["code"] == "not-approved"


def test_the_log_is_private_and_holds_no_text(editor: Editor, project: Project) -> None:
    editor.notify("$/setTrace", {"value": "verbose"})
    editor.open(project.root / "app.py", "secret_word = (\n")
    log = Path(editor.command("podium.status")["log"])
    editor.shut_down()
    assert log.stat().st_mode & 0o777 == 0o600
    assert "secret_word" not in log.read_text()


def test_who_acts_is_a_person_at_the_editor() -> None:
    who = actor_of("lsp", {})
    assert (who.kind, who.face) == (Actor(kind="person").kind, "lsp")
