"""Operations through the engine: what several faces rely on."""

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.errors import (
    AlreadyRunning,
    AmbiguousId,
    InvalidPlan,
    NotApproved,
    PathOutsideWorkspace,
    PlanNotFound,
    SessionNotFound,
    StateTransitionError,
    TaskNotFound,
    ValidationError,
    WriteConflict,
)
from tests.support.projects import AGENT, Json, Project, task, write
from tests.support.repositories import git


def draft(project: Project, *tasks: Json, **more: Any) -> str:
    view = project.ask("plan.create", objective="Test", tasks=list(tasks), **more)
    return str(view.plan.id)


@pytest.mark.promise("P4.version", "P4.changed")
def test_an_approval_is_of_one_exact_version(project: Project) -> None:
    plan_id = draft(project, task("a"), task("b", "a"))
    seen = project.ask("plan.show", plan=plan_id)
    assert (seen.state, seen.next) == ("draft", f"podium approve {plan_id}")

    approved = project.ask("plan.approve", plan=plan_id, version=seen.version)
    assert approved.state == "approved"
    edit = {"op": "change", "task_id": "a", "fields": {"title": "Other"}}
    changed = project.ask("plan.update", plan=plan_id, edits=[edit])
    assert changed.view.state == "draft"
    with pytest.raises(WriteConflict):
        project.ask("plan.approve", plan=plan_id, version=seen.version)
    back = {"op": "change", "task_id": "a", "fields": {"title": "Do a"}}
    again = project.ask("plan.update", plan=plan_id, edits=[back])
    assert again.view.state == "approved", "the former content is the former version"


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("plan.approve", {}),
        ("plan.reject", {"reason": "no"}),
        ("plan.reset", {}),
        ("project.trust", {}),
        ("task.update", {"task": "a", "word": "I did it"}),
    ],
)
def test_only_a_person_decides(project: Project, operation: str, params: Json) -> None:
    plan_id = draft(project, task("a"))
    extra = {} if operation in {"project.trust", "task.update"} else {"plan": plan_id}
    with pytest.raises(NotApproved, match="Only a person"):
        project.ask(operation, by=AGENT, **params, **extra)


@pytest.mark.promise("P3.edit", "P3.reorder", "P3.add", "P3.drop", "P3.reported")
def test_edits_are_all_or_none_and_the_difference_is_told(project: Project) -> None:
    plan_id = draft(project, task("a"), task("b", "a"))
    edits = [
        {"op": "add", "task": task("c"), "after": "a"},
        {"op": "drop", "task_id": "b"},
        {"op": "text", "summary": "Shorter"},
    ]
    change = project.ask("plan.update", plan=plan_id, edits=edits)
    assert [(d.id, d.change) for d in change.changes] == [("c", "added"), ("b", "dropped")]
    assert [t.id for t in change.view.plan.tasks] == ["a", "c"]
    before = project.ask("plan.show", plan=plan_id).plan
    bad = [{"op": "drop", "task_id": "c"}, {"op": "add", "task": task("x", "nowhere")}]
    with pytest.raises(InvalidPlan, match="'nowhere'"):
        project.ask("plan.update", plan=plan_id, edits=bad)
    assert project.ask("plan.show", plan=plan_id).plan == before
    order = [{"op": "order", "task_ids": ["c", "a"]}]
    assert [t.id for t in project.ask("plan.update", edits=order).view.plan.tasks] == ["c", "a"]


@pytest.mark.promise("P4.reject")
def test_a_rejected_plan_keeps_the_reason_and_does_not_run(project: Project) -> None:
    plan_id = draft(project, task("a"))
    view = project.ask("plan.reject", plan=plan_id, reason="too large")
    assert (view.state, view.approval.reason) == ("rejected", "too large")
    with pytest.raises(NotApproved, match="too large"):
        project.ask("run.start", plan=plan_id)


@pytest.mark.promise("K1.next")
def test_what_is_next_follows_from_dependencies_and_priority(project: Project) -> None:
    draft(project, task("a"), task("b", "a"), task("c", priority="critical"))
    found = project.ask("task.next", limit=5)
    assert ([row.id for row in found.tasks], found.waiting) == (["c", "a"], 1)


@pytest.mark.promise("W4", "S5")
@pytest.mark.parametrize(
    ("operation", "params", "error", "hint"),
    [
        ("plan.show", {"plan": "p-zzzzzz"}, PlanNotFound, "podium plans"),
        ("task.show", {"task": "parsr"}, TaskNotFound, "parser"),
        ("session.show", {"session": "s-zzzzzz"}, SessionNotFound, "podium sessions"),
        ("task.show", {"task": "par"}, AmbiguousId, "one more"),
    ],
)
def test_an_unknown_id_names_the_nearest(
    project: Project, operation: str, params: Json, error: type[Exception], hint: str
) -> None:
    draft(project, task("parser"), task("parts"))
    with pytest.raises(error) as caught:
        project.ask(operation, **params)
    assert hint in " ".join(getattr(caught.value, "hints", ()))


def test_a_unique_prefix_is_enough(project: Project) -> None:
    plan_id = draft(project, task("parser"), task("writer"))
    assert project.ask("plan.show", plan=plan_id[2:5]).plan.id == plan_id
    assert project.ask("task.show", task="wr").task.id == "writer"
    assert project.ask("task.show", task=f"{plan_id[:5]}/pars").task.id == "parser"


@pytest.mark.promise("P5", "X1.paths")
@pytest.mark.parametrize("path", ["../plan.md", "/plan.md", ".git/plan.md", ".podium/x.md", "l/p"])
def test_an_export_stays_inside_the_project(project: Project, path: str, tmp_path: Path) -> None:
    draft(project, task("a"))
    (project.root / "l").symlink_to(tmp_path)
    with pytest.raises(PathOutsideWorkspace):
        project.ask("plan.export", path=path)


@pytest.mark.promise("X4")
def test_what_is_stored_is_private_to_the_user(project: Project) -> None:
    project.run_to_end(project.plan([task("a")], {"a": [[write("a.py", "a = 1\n")]]}))
    folder = project.root / ".podium"
    open_to_others = [
        path.relative_to(folder).as_posix()
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


@pytest.mark.promise("S4.focus", "S4.messages", "S4.artifacts", "S4.decisions", "S1")
def test_a_session_keeps_its_context(project: Project) -> None:
    own = project.ask("session.create", title="Parser", type="review", focus="tokens")
    child = project.ask("session.create", title="Lexer", parent=own.session.id)
    project.ask("session.update", session=own.session.id, message="keep comments")
    project.ask("session.update", session=own.session.id, decision="no regex", reason="speed")
    project.ask("session.update", session=own.session.id, artifact="src/lexer.py", title="Parsing")
    view = project.ask("session.show", session=own.session.id)
    assert view.session.title == "Parsing"
    assert [row.id for row in view.children] == [child.session.id]
    context = project.ask("session.context", session=own.session.id, debug=True)
    assert context.context.focus == "tokens"
    assert [m.text for m in context.context.messages] == ["keep comments"]
    assert [(d.text, d.reason) for d in context.context.decisions] == [("no regex", "speed")]
    assert [a.reference for a in context.context.artifacts] == ["src/lexer.py"]
    assert (context.sizes.messages, context.sizes.decisions) == (1, 1)


@pytest.mark.promise("S3")
def test_only_known_kinds_of_session_are_opened(project: Project) -> None:
    with pytest.raises(ValidationError, match="planning, execution, review, conversation"):
        project.ask("session.create", title="x", type="party")


@pytest.mark.promise("S3")
def test_a_package_adds_a_kind_of_session(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "retrospectives-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: retrospectives\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[podium.session_types]\nretrospective = missing:x\n")
    monkeypatch.setattr("sys.path", [str(package.parent), *sys.path])

    view = project.ask("session.create", title="What went well", type="retrospective")

    assert view.session.type == "retrospective"
    listed = project.ask("session.list", where="type:retrospective").sessions
    assert [row.id for row in listed] == [view.session.id]


@pytest.mark.promise("Y2.git", "Y2.settings", "Y2.store")
def test_the_doctor_looks_at_everything_a_run_needs(project: Project) -> None:
    report = project.ask("doctor.check")
    found = {row.name: row.health for row in report.diagnoses}
    assert {"podium", "git", "repository", "store", "settings"} <= set(found)
    assert report.healthy
    rows = {row.name: row for row in report.diagnoses}
    assert rows["agent acp"].health == "warning"
    assert rows["agent acp"].found == "needs the option command"
    broken = project.root / ".podium" / "plans" / "p-000000"
    broken.mkdir(parents=True)
    (broken / "plan.json").write_text("{")
    project.reopen()
    assert {r.name: r.health for r in project.ask("doctor.check").diagnoses}["store"] == "warning"


@pytest.mark.promise("Y2.git")
def test_an_agent_in_the_settings_that_does_not_exist_is_an_error(project: Project) -> None:
    config = project.root / ".podium" / "config.yaml"
    config.write_text("agents:\n  default: nobody\n  roles: {auditor: {agent: noone}}\n")
    project.ask("project.trust")
    report = project.ask("doctor.check")
    errors = {row.name for row in report.diagnoses if row.health == "error"}
    assert errors == {"agent nobody", "agent noone"}
    assert not report.healthy


@pytest.mark.promise("R7.cancel")
def test_one_plan_runs_at_a_time_and_asking_again_joins_it(project: Project) -> None:
    first = project.plan([task("a")], {"a": [[{"hang": True}]]})
    run_id = project.ask("run.start", plan=first).run_id
    other = draft(project, task("b"))
    project.ask("plan.approve", plan=other)
    with pytest.raises(AlreadyRunning, match=run_id):
        project.ask("run.start", plan=other)
    assert project.ask("run.start", plan=first).run_id == run_id
    with pytest.raises(AlreadyRunning):
        project.ask("plan.reset", plan=first)
    project.ask("run.cancel", run=run_id)
    project.wait_run(run_id, lambda now: now.ended)
    with pytest.raises(StateTransitionError):
        project.ask("run.cancel", run=run_id)


@pytest.mark.promise("P4.approve", "W1")
def test_plans_that_came_by_git_are_there_but_approvals_are_not(
    project: Project, tmp_path: Path
) -> None:
    plan_id = draft(project, task("a"))
    project.ask("plan.approve", plan=plan_id)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "-m", "plans")
    git(tmp_path, "clone", "--quiet", str(project.root), "clone")
    clone = Project(tmp_path / "clone")
    clone.ask("project.init")
    view = clone.ask("plan.show", plan=plan_id)
    clone.close()
    assert (view.state, view.approval) == ("draft", None)
    assert [t.id for t in view.plan.tasks] == ["a"]


def test_initialising_twice_changes_nothing(project: Project) -> None:
    before = {p: p.read_bytes() for p in (project.root / ".podium").glob("*.json")}
    assert not project.ask("project.init").created
    assert {p: p.read_bytes() for p in (project.root / ".podium").glob("*.json")} == before
    assert os.path.exists(project.root / ".podium" / "config.yaml")
