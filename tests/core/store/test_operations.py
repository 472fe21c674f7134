"""The store's care as a person asks for it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from podium.errors import ConflictError, NotApproved, NotFoundError, WriteConflict
from podium.model import layout
from podium.model.sessions import Session
from podium.model.states import SessionState
from tests.support.projects import AGENT, Project, clean_environment, project
from tests.support.repositories import git, isolated_git

__all__ = ["clean_environment", "isolated_git", "project"]

CONFLICT = '{\n<<<<<<< HEAD\n  "description": "ours"\n=======\n  "priority": "high"\n>>>>>>> b\n}\n'


def tasks_of(project: Project) -> Path:
    tasks = [{"id": "t1", "title": "One"}, {"id": "t2", "title": "Two"}]
    project.ask("plan.create", objective="Two things", tasks=tasks)
    (folder,) = (project.root / ".podium/plans").glob("*/tasks")
    return folder


def broken(project: Project, name: str, text: str) -> Path:
    path = tasks_of(project) / f"{name}.json"
    path.write_text(text)
    return path


@pytest.mark.promise("W3")
def test_recover_explains_first_and_does_what_was_agreed_to(project: Project) -> None:
    path = broken(project, "t1", '{"id": "t1", "title": "One",}')
    shown = project.ask("store.recover")
    (trouble,) = shown.troubles
    assert trouble.path.endswith("tasks/t1.json")
    assert [each.name for each in trouble.remedies] == ["restore", "mended"]
    assert all(each.diff for each in trouble.remedies)
    assert path.read_text().endswith(",}"), "showing changes nothing"
    report = project.ask("store.recover", tokens=[trouble.token])
    assert report.done == (f"{trouble.path}: restore",)
    assert not report.troubles
    assert json.loads(path.read_text())["title"] == "One"


@pytest.mark.promise("W3")
def test_conflict_markers_are_taken_over_as_chosen(project: Project) -> None:
    path = broken(project, "t2", CONFLICT.replace("{\n<", '{\n  "id": "t2", "title": "Two",\n<'))
    before = path.read_text()
    (trouble,) = project.ask("store.recover").troubles
    assert [each.name for each in trouble.remedies] == ["both", "ours", "theirs", "restore"]
    with pytest.raises(ConflictError):
        project.ask("store.recover", tokens=[trouble.token], remedy="magic")
    assert path.read_text() == before
    project.ask("store.recover", path=trouble.path, tokens=[trouble.token], remedy="theirs")
    assert json.loads(path.read_text()) == {"id": "t2", "title": "Two", "priority": "high"}


@pytest.mark.promise("X2")
@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("store.restore", {"sequence": 1, "token": "x"}),
        ("store.recover", {"tokens": ["x"]}),
        ("store.migrate", {}),
        ("store.gc", {}),
    ],
)
def test_only_a_person_changes_the_store_itself(
    project: Project, operation: str, params: dict[str, object]
) -> None:
    tasks_of(project)
    project.close()
    with pytest.raises(NotApproved):
        project.ask(operation, by=AGENT, **params)


@pytest.mark.promise("W3")
def test_restoring_is_shown_first_and_refused_when_something_moved(project: Project) -> None:
    folder = tasks_of(project)
    sequence = project.ask("store.snapshots", make=True).snapshots[0].sequence
    plan_id = folder.parent.name
    project.ask("plan.update", plan=plan_id, edits=[{"op": "drop", "task_id": "t2"}])
    preview = project.ask("store.restore", sequence=sequence)
    assert not preview.restored
    assert any(path.endswith("t2.json") for path in preview.documents)
    assert not (folder / "t2.json").exists()
    with pytest.raises(WriteConflict):
        project.ask("store.restore", sequence=sequence, token="0" * 16)
    done = project.ask("store.restore", sequence=sequence, token=preview.token)
    assert done.restored
    assert (folder / "t2.json").exists()
    with pytest.raises(NotFoundError):
        project.ask("store.restore", sequence=10_000)


@pytest.mark.promise("W2")
def test_the_audit_log_tells_who_did_what_and_notices_tampering(project: Project) -> None:
    tasks_of(project)
    shown = project.ask("store.audit", action="show")
    assert shown.whole
    assert {each.actor for each in shown.entries} == {"ada"}
    assert project.ask("store.audit", sequence=shown.sequence, digest=shown.digest).whole
    segment = min((project.root / ".podium/run/journal").iterdir())
    segment.write_bytes(segment.read_bytes().replace(b"ada", b"eve", 1))
    project.close()
    assert not project.ask("store.audit").whole


def session(project: Project, name: str, state: SessionState, days: float) -> None:
    at = project.engine.clock.now() - timedelta(days=days)
    value = Session(id=f"s-{name}", title=name, state=state, created_at=at)
    project.engine.store.transact(lambda tx: tx.put(layout.session(value.id), value))


@pytest.mark.promise("S6")
def test_idle_sessions_are_suspended_and_old_ended_ones_put_away_and_taken_back(
    project: Project,
) -> None:
    session(project, "idle22", SessionState.ACTIVE, 2)
    session(project, "busy22", SessionState.ACTIVE, 0.1)
    session(project, "done22", SessionState.COMPLETED, 40)
    session(project, "new222", SessionState.FAILED, 3)
    expected = (("s-idle22",), ("s-done22",))
    shown = project.ask("store.gc", dry_run=True)
    assert (shown.suspended, shown.archived) == expected
    done = project.ask("store.gc")
    assert (done.suspended, done.archived) == expected
    states = {each.id: each.state for each in project.engine.store.list(layout.sessions()).values()}
    assert states == {
        "s-idle22": SessionState.SUSPENDED,
        "s-busy22": SessionState.ACTIVE,
        "s-new222": SessionState.FAILED,
    }
    again = project.ask("store.gc", dry_run=True)
    assert not again.suspended
    assert not again.archived
    assert project.ask("store.snapshots").snapshots[0].reason == "before-clean-up"
    project.ask("store.gc", take_back="s-done22")
    assert project.engine.store.get(layout.session("s-done22"))


@pytest.mark.promise("W7")
def test_worktrees_of_work_that_has_not_landed_stay(project: Project) -> None:
    import anyio

    from podium.workspace.repository import Repository

    async def make() -> Path:
        repository = await Repository.discover(project.root)
        head = (await repository.head()).commit
        folder = repository.worktree_folder("p-111111", "t1")
        return (await repository.add_worktree(folder, "podium/p-111111/t1", head)).folder

    folder = anyio.run(make)
    assert project.ask("store.gc").worktrees == ()
    assert folder.exists()
    assert "podium/p-111111/t1" in git(project.root, "branch", "--list", "podium/*")
