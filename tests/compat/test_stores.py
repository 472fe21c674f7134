"""Stores that the former program wrote itself: read as a whole, verified, and worked on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from podium.entities import plan_states, plans, runs
from podium.entities.signing import is_run_signed_here
from podium.model import layout
from podium.model.base import to_json
from podium.model.states import RunState
from tests.compat.renamed import RENAMED, RENAMED_IN_JOURNAL, compared, translated
from tests.compat.reshaped import comparable, in_former_shape
from tests.support.former import PROGRAMS, Installation
from tests.support.projects import SAMPLE, Json, Project, lasting_project
from tests.support.repositories import make_repository
from tests.support.waiting import wait_for

FILES = {**SAMPLE, "old.txt": "old\n"}

DECIDED_ALONE = {"life": (), "values": ("p-approved", "p-rejected")}
"""Plans of which a store has the decision only; the former program did not report that."""

PARTS = ("life", "values")
"""Two stores: what daily work leaves, and a document for each value that a field can have."""


@dataclass(frozen=True)
class World:
    """Two stores of the former program.

    Args:
        told: what the former program read in them.
        projects: by the name of the part.
        read: what the present program read in them before it wrote anything.
    """

    told: Json
    projects: dict[str, Project]
    read: dict[str, Json]

    @property
    def ids(self) -> Json:
        """Return the ids of what daily work made."""
        return cast("Json", self.told["ids"])


@pytest.fixture(scope="module")
def world(former: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Let the former program fill two stores."""
    for host in lasting_project(tmp_path_factory):
        place = host.root.parent
        roots = {part: make_repository(place / part, FILES) for part in PARTS}
        playbook = PROGRAMS / "playbook.yaml"
        arguments = (*map(str, roots.values()), str(playbook))
        told = former.script("write_store.py.txt", *arguments)
        assert Path(told["program"]).is_relative_to(former.folder)
        projects = {part: Project(root) for part, root in roots.items()}
        yield World(told, projects, {part: read(each) for part, each in projects.items()})
        for each in projects.values():
            each.close()


def read(project: Project) -> Json:
    """Return what the present program reads in a store, in the words of the former script."""
    store = project.engine.store
    every = {each: plans.load_plan(store, each) for each in plans.plan_ids(store)}
    documents = {p: v for folder in layout.SHAPES for p, v in store.list(folder).items()}
    return {
        "documents": {path: to_json(value) for path, value in documents.items()},
        "events": [
            {"sequence": each.sequence, "actor": to_json(each.actor), "event": to_json(each.event)}
            for each in store.history(limit=10_000)
        ],
        "versions": {each: plan.version for each, plan in every.items()},
        "states": {each: plan_states.state_of_plan(store, plan) for each, plan in every.items()},
        "audit": shown(project, "store.audit"),
        "troubles": shown(project, "store.recover")["troubles"],
        "snapshots": shown(project, "store.snapshots")["snapshots"],
        "ours": {run.id for run in runs.all_runs(store) if is_run_signed_here(run)},
    }


def shown(project: Project, operation_id: str, **params: Any) -> Json:
    result: Json = project.ask(operation_id, **params).model_dump(mode="json")
    return result


def kind_of(world: World, path: str) -> str:
    """Return the name of the former model of a document."""
    for pattern, name in world.told["kinds"].items():
        if Path(path).match(pattern):
            return str(name)
    raise AssertionError(f"no kind of document lies at {path}")


def test_the_former_program_writes_every_kind_of_document_and_sets_every_field(
    world: World,
) -> None:
    paths = [path for part in PARTS for path in world.told[part]["documents"]]
    assert {kind_of(world, path) for path in paths} == set(world.told["kinds"].values())
    assert world.told["unseen"] == []


@pytest.mark.promise("W5", "W1")
@pytest.mark.parametrize("part", PARTS)
def test_every_document_says_what_it_said(world: World, part: str) -> None:
    told: dict[str, Json] = world.told[part]["documents"]
    expected = {path: translated(kind_of(world, path), each) for path, each in told.items()}
    found = world.read[part]["documents"]
    assert sorted(found) == sorted(expected)
    for path, document in expected.items():
        kind = kind_of(world, path)
        shown = compared(kind, in_former_shape(kind, found[path]))
        if part == "values":
            assert comparable(kind, shown) == comparable(kind, document), path
        else:
            assert shown == document, path


@pytest.mark.promise("W5", "W2")
@pytest.mark.parametrize("part", PARTS)
def test_the_journal_tells_the_same_events_and_is_as_whole_as_it_was(
    world: World, part: str
) -> None:
    told = world.told[part]
    expected = [translated("Recorded", each, RENAMED_IN_JOURNAL) for each in told["events"]]
    assert world.read[part]["events"] == expected
    assert world.read[part]["audit"] == told["audit"]
    assert told["troubles"] == []
    assert [(each["path"], each["reason"]) for each in world.read[part]["troubles"]] == [
        (f"plans/{plan}/plan.json", f"is missing: plans/{plan}/approval.json belongs to it")
        for plan in DECIDED_ALONE[part]
    ]
    assert world.read[part]["snapshots"] == told["snapshots"]
    assert world.read["life"]["audit"]["whole"]


@pytest.mark.promise("W5", "P4.version", "X5")
@pytest.mark.parametrize("part", PARTS)
def test_plans_have_their_version_their_approval_and_runs_their_seal(
    world: World, part: str
) -> None:
    told = world.told[part]
    assert world.read[part]["versions"] == told["versions"]
    assert world.read[part]["states"] == told["states"]
    runs = {path.split("/")[1] for path in told["documents"] if path.endswith("/run.json")}
    assert world.read[part]["ours"] == runs
    assert world.read["life"]["states"][world.ids["draft"]] == "approved"


@pytest.mark.promise("X5")
def test_what_was_trusted_is_trusted_and_every_setting_holds(world: World) -> None:
    found = shown(world.projects["life"], "config.show")
    assert found["trusted"]
    told = world.told["settings"]["settings"]
    kept = {each["name"]: _parsed(each) for each in told if f"Config.{each['name']}" not in RENAMED}
    now = {each["name"]: _parsed(each) for each in found["settings"] if each["name"] in kept}
    assert now == kept


def _parsed(setting: Json) -> Json:
    """Return a setting with its value; the former program printed some values as Python does."""
    text: str = setting["value"]
    python = {"True": "true", "False": "false", "None": "null"}
    # A set-up command has had lock files since.
    text = python.get(text, text).replace(', "lock_files": []', "")
    try:
        return {**setting, "value": json.loads(text)}
    except ValueError:
        return setting


@pytest.mark.promise("W5")
def test_lists_reports_and_checks_work(world: World) -> None:
    life, ids = world.projects["life"], world.ids
    status = shown(life, "run.status", run=ids["ended"])
    assert tasks_of(status) == tasks_of(world.told["status"])
    check = shown(life, "plan.check", plan=ids["plan"])
    assert [check[name] for name in ("complete", "done", "total")] == [True, 2, 2]
    assert criteria_of(check) == criteria_of(world.told["check"])
    context = shown(life, "session.context", session=ids["session"], older=True)
    assert context["context"] == world.told["context"]["context"]
    report = life.ask("run.report", run=ids["ended"]).markdown
    assert all(word in report for word in ("Greet by day", "Write it down", ids["ended"]))
    assert len(life.ask("plan.list").plans) == 3
    assert life.ask("finding.list", where="").findings
    assert life.ask("session.history", session=ids["session"])
    tree = life.ask("thought.tree", session=ids["session"])
    assert "Rather so" in tree.model_dump_json()


def tasks_of(status: Json) -> list[Json]:
    names = ("id", "title", "attempt", "commit", "changed_files")
    return [
        {**{name: each[name] for name in names}, **translated("Task", {"phase": each["phase"]})}
        for each in status["tasks"]
    ]


def criteria_of(check: Json) -> list[Json]:
    names = ("id", "state", "shown", "missing")
    return [{name: each[name] for name in names} for each in check["tasks"]]


@pytest.mark.promise("W5", "R7.resume")
def test_the_store_is_migrated_and_worked_on(world: World) -> None:
    life, ids = world.projects["life"], world.ids
    former = life.ask("store.migrate", dry_run=True).documents
    assert life.ask("store.migrate").documents == former
    life.reopen()
    assert life.ask("store.migrate", dry_run=True).documents == ()

    life.ask("run.resume", run=ids["paused"])
    status = life.wait_run(ids["paused"], lambda now: now.ended)
    assert status.state is RunState.COMPLETED
    wait_for(lambda: not life.engine.runner_is_alive())

    returned = life.ask("store.gc", take_back=ids["archived"]).taken_back
    assert set(returned) == set(ids["archived_documents"])
    session = life.ask("session.show", session=ids["archived"]).session
    assert to_json(session) == next(iter(ids["archived_documents"].values()))

    assert life.ask("finding.list", where="status:dismissed").findings == ()
    snapshots = life.ask("store.snapshots").snapshots
    point = next(each for each in snapshots if each.reason == "asked-for")
    token = life.ask("store.restore", sequence=point.sequence, below="findings/").token
    life.ask("store.restore", sequence=point.sequence, below="findings/", token=token)
    assert len(life.ask("finding.list", where="status:dismissed").findings) == 1

    assert life.ask("store.audit").whole
    assert life.ask("store.recover").troubles == ()
