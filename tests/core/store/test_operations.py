"""The store's care as a person asks for it."""

import json
from pathlib import Path

import pytest

from podium.errors import ConflictError, NotApproved, NotFoundError, WriteConflict
from tests.support.projects import AGENT, Project, clean_environment, project
from tests.support.repositories import isolated_git

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


@pytest.mark.promise("W3.explained", "W3.repaired")
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


@pytest.mark.promise("W3.explained", "W3.repaired")
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


@pytest.mark.promise("X2.least")
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


@pytest.mark.promise("W3.restored")
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
