"""Operations that faces read in order to draw and to ask."""

from unittest.mock import AsyncMock

import pytest

from podium.errors import ValidationError
from podium.operations.operation import Effect
from podium.operations.table import OPERATION_IDS, READING_IDS, load_operation
from podium.syntax.client.worker_process import WorkerProcess
from tests.support.projects import Project, task, write


def draft(project: Project, *ids: str) -> str:
    tasks = [task(each) for each in ids or ("a",)]
    return str(project.ask("plan.create", objective="Add a flag", tasks=tasks).plan.id)


@pytest.mark.parametrize("operation_id", READING_IDS)
def test_a_reading_operation_is_whole(operation_id: str) -> None:
    operation = load_operation(operation_id)
    assert operation_id not in OPERATION_IDS
    assert (operation.effect, operation.confirm) == (Effect.READ, None)
    assert operation.summary.endswith(".")
    assert all(field.description for field in operation.params.model_fields.values())


def test_the_board_from_the_top_to_a_finding(project: Project) -> None:
    older, newer = draft(project), draft(project, "a", "b")
    found = project.ask("finding.add", path="app.py", message="m", line=2, task=f"{newer}/a")
    top = project.ask("board.rows")
    assert [row.node for row in top.rows] == [newer, older, "findings"]
    assert top.open_findings == 1
    tasks = project.ask("board.rows", node=newer).rows
    assert [(row.node, row.parent) for row in tasks] == [
        (f"{newer}/a", True),
        (f"{newer}/b", False),
    ]
    below = project.ask("board.rows", node=f"{newer}/a").rows
    assert [row.arguments for row in below] == [{"finding": found.id}]
    assert [row.path for row in project.ask("board.rows", node="findings").rows] == ["app.py"]
    (row,) = project.ask("board.rows", node="findings/app.py").rows
    assert (row.path, row.line) == ("app.py", 2)
    with pytest.raises(ValidationError, match="no node"):
        project.ask("board.rows", node="a/b/c/d")


def test_the_board_of_a_run_and_what_its_agents_said(project: Project) -> None:
    plan_id = project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]})
    run = project.run_to_end(plan_id)
    (plan, *_) = project.ask("board.rows").rows
    assert plan.arguments == {"plan": plan_id, "run": run.run_id}
    (row,) = project.ask("board.rows", node=f"{plan_id}/one").rows
    assert (row.node, row.kind) == (f"{plan_id}/one/{run.run_id}", "run.done")
    assert row.description.startswith("done · 1 attempt · ")
    assert project.ask("board.rows", node=row.node).rows == ()

    (activity,) = project.ask("run.activity").tasks
    assert (activity.task_id, activity.phase) == ("one", "done")
    assert activity.call_key == f"{run.run_id}/one/1/execute"
    assert activity.log == f".podium/run/calls/{activity.call_key}/out.jsonl"
    assert (project.root / activity.log).is_file()
    assert "a.py" in activity.last
    assert project.ask("run.activity", task="other").tasks == ()


def values(project: Project, operation: str, parameter: str, **given: str) -> list[str]:
    found = project.ask("prompt.choices", operation=operation, parameter=parameter, given=given)
    return [each.value for each in found.choices]


def test_what_can_be_chosen_follows_from_how_things_are(project: Project) -> None:
    plan_id = draft(project, "a", "b")
    finding = project.ask("finding.add", path="app.py", message="m").id
    assert values(project, "plan.approve", "plan") == [plan_id]
    assert values(project, "run.start", "plan") == []
    assert values(project, "task.show", "task") == [f"{plan_id}/a", f"{plan_id}/b"]
    assert values(project, "finding.dismiss", "finding") == [finding]
    assert values(project, "finding.reopen", "finding") == []
    assert "accepted risk" in values(project, "finding.dismiss", "reason")
    assert "running" in values(project, "task.update", "state", task=f"{plan_id}/a")
    assert values(project, "plan.export", "format") == ["markdown", "json", "csv", "mermaid"]
    assert values(project, "session.show", "session") != []
    assert values(project, "run.cancel", "run") == []
    assert values(project, "plan.create", "objective") == []
    (project.root / "app.py").write_text("changed = 1\n")
    assert values(project, "file.revert", "to", path="app.py") == ["HEAD"]


@pytest.mark.parametrize(
    ("operation", "parameter"), [("plan.nothing", "plan"), ("plan.show", "nothing")]
)
def test_what_does_not_exist_has_no_choices(
    project: Project, operation: str, parameter: str
) -> None:
    with pytest.raises(ValidationError):
        project.ask("prompt.choices", operation=operation, parameter=parameter)


def test_a_form_asks_until_nothing_is_missing(project: Project) -> None:
    first = draft(project)
    form = project.ask("prompt.form", operation="plan.reject")
    assert (form.question.name, form.question.kind) == ("reason", "text"), "there is one plan"
    draft(project)
    form = project.ask("prompt.form", operation="plan.reject")
    assert (form.question.name, form.question.kind, form.question.optional) == (
        "plan",
        "choice",
        True,
    )
    assert form.question.prompt.startswith("Id or unique prefix")
    given = {"plan": first, "reason": "no"}
    done = project.ask("prompt.form", operation="plan.reject", given=given)
    assert (done.question, done.effect) == (None, "write")
    assert done.accepts == ("plan", "reason")
    path = project.ask("prompt.form", operation="plan.import")
    assert (path.question.name, path.question.kind) == ("path", "file")
    with pytest.raises(ValidationError):
        project.ask("prompt.form", operation="nothing.at")


def test_a_plan_is_found_by_its_files(project: Project) -> None:
    plan_id = project.plan([task("one")], {"one": [[]]})
    stored = project.ask("plan.by_path", path=f".podium/plans/{plan_id}/plan.json")
    assert (stored.plan.id, stored.state, stored.task_id) == (plan_id, "approved", "")
    of_task = project.ask("plan.by_path", path=f".podium/plans/{plan_id}/tasks/one.json")
    assert (of_task.plan.id, of_task.task_id) == (plan_id, "one")
    assert project.ask("plan.by_path", path="../playbook.yaml").plan.id == plan_id
    assert project.ask("plan.by_path", path="notes.md", plan=plan_id).plan.id == plan_id
    nothing = project.ask("plan.by_path", path="app.py")
    assert (nothing.plan, nothing.state) == (None, None)
    assert "playbook" in nothing.agents
    assert project.ask("plan.by_path", plan="p-nothing").plan is None


def test_findings_are_located_in_the_text_that_an_editor_holds(project: Project) -> None:
    found = project.ask("finding.add", path="app.py", message="m", line=5)
    text = (project.root / "app.py").read_text()
    (here,) = project.ask("finding.located", path="app.py").findings
    assert (here.id, here.range.start.line) == (found.id, 5)
    (moved,) = project.ask("finding.located", path="app.py", text=f"# a\n# b\n{text}").findings
    assert moved.range.start.line == 7
    gone = project.ask("finding.located", path="app.py", text="x = 1\n")
    assert gone.findings == ()
    assert [each.finding.id for each in gone.lost] == [found.id]


def test_findings_on_distinctive_lines_are_located_without_a_parser(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "a = 1\nb = 2\ntotal = sum(order.price for order in orders)\nc = 3\nd = 4\n"
    (project.root / "app.py").write_text(text)
    found = project.ask("finding.add", path="app.py", message="m", line=3)
    started = AsyncMock(side_effect=AssertionError("a parser is started"))
    monkeypatch.setattr(WorkerProcess, "start", started)
    for before in ("", "# a\n# b\n"):
        (here,) = project.ask("finding.located", path="app.py", text=before + text).findings
        assert (here.id, here.range.start.line) == (found.id, 3 + before.count("\n"))
    with pytest.raises(AssertionError, match="a parser is started"):
        project.ask("finding.located", path="app.py", text=f"{text}\n{text}")


def test_the_log_of_a_run_is_what_the_journal_says_of_it(project: Project) -> None:
    plan_id = project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]})
    run = project.run_to_end(plan_id)
    log = project.ask("run.log", run=run.run_id)
    assert log.run_id == run.run_id
    assert {each.subject for each in log.lines} == {run.run_id, f"{run.run_id}/one"}
    assert (log.lines[0].kind, log.lines[-1].kind) == ("run.created", "run.changed")
    assert project.ask("run.log", limit=1).lines == log.lines[-1:]
    assert project.ask("run.active", runs=[run.run_id, "r-nothing"]).runs == frozenset()


def test_findings_are_read_as_they_are_recorded(project: Project) -> None:
    one, two = (project.ask("finding.add", path="app.py", message=each) for each in "ab")
    everything = project.ask("finding.recorded").findings
    assert {each.id for each in everything} == {one.id, two.id}
    assert all(each.anchor is not None for each in everything)
    (found,) = project.ask("finding.recorded", findings=[two.id, "f-nothing"]).findings
    assert found in everything
    assert found.id == two.id


def test_plans_and_tasks_are_found_by_their_words(project: Project) -> None:
    plan_id = draft(project, "a", "b")
    everything = project.ask("plan.index").entries
    assert [(each.plan_id, each.task_id) for each in everything] == [
        (plan_id, ""),
        (plan_id, "a"),
        (plan_id, "b"),
    ]
    (plan,) = project.ask("plan.index", words="ADD A FLAG").entries
    assert (plan.plan_id, plan.task_id, plan.title) == (plan_id, "", "Add a flag")
