"""The version of a plan, and how two versions differ."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from podium.model.plans import (
    AcceptanceCriterion,
    AgentChoice,
    Estimate,
    Plan,
    PlanHeader,
    Priority,
    Task,
    TaskDiff,
    TaskFiles,
    definition,
    diff_tasks,
    short_version,
)
from tests.core.model.builders import AGENT, NOON, plan, task

PLAN = plan(task("a", criteria=("c1",)), task("b", "a", modify=("b.py",)), task("c"))


def with_header(**fields: Any) -> Plan:
    return PLAN.model_copy(update={"header": PLAN.header.model_copy(update=fields)})


def with_task(task_id: str, **fields: Any) -> Plan:
    tasks = tuple(t.model_copy(update=fields) if t.id == task_id else t for t in PLAN.tasks)
    return PLAN.model_copy(update={"tasks": tasks})


def with_tasks(*tasks: Task) -> Plan:
    return PLAN.model_copy(update={"tasks": tasks})


A, B, C = PLAN.tasks


def with_criterion(name: str, value: str) -> Plan:
    fields = {"id": "c1", "text": "c1 holds", name: value}
    return with_task("a", acceptance=(AcceptanceCriterion.model_validate(fields),))


CHANGES: dict[str, Callable[[], Plan]] = {
    "objective": lambda: with_header(objective="Say goodbye"),
    "summary": lambda: with_header(summary="short"),
    "agents": lambda: with_header(agents={"executor": AgentChoice(agent="gemini")}),
    "agent option": lambda: with_header(
        agents={"executor": AgentChoice(agent="gemini", options={"model": "x"})}
    ),
    "order": lambda: with_tasks(B, A, C),
    "dropped": lambda: with_tasks(A, B),
    "added": lambda: with_tasks(A, B, C, task("d")),
    "id": lambda: with_task("c", id="d"),
    "title": lambda: with_task("a", title="Do it"),
    "description": lambda: with_task("a", description="at length"),
    "requires": lambda: with_task("c", requires=("a",)),
    "relates": lambda: with_task("c", relates=("a",)),
    "priority": lambda: with_task("a", priority=Priority.HIGH),
    "role": lambda: with_task("a", role="backend-dev"),
    "defines": lambda: with_task("b", defines={"b.py": ("total",)}),
    "files": lambda: with_task("b", files=TaskFiles(create=("b.py",))),
    "acceptance": lambda: with_task("a", acceptance=()),
    "criterion text": lambda: with_task(
        "a", acceptance=(AcceptanceCriterion(id="c1", text="other"),)
    ),
    "criterion command": lambda: with_task(
        "a", acceptance=(AcceptanceCriterion(id="c1", text="c1 holds", command=("true",)),)
    ),
    **{
        f"criterion {name}": partial(with_criterion, name, value)
        for name, value in {"test": "t::a", "file": "a.py", "by": "person"}.items()
    },
    "estimate": lambda: with_task("a", estimate=Estimate(minutes=5)),
}

SAME: dict[str, Callable[[], Plan]] = {
    "id": lambda: with_header(id="p-000000"),
    "creator": lambda: with_header(created_by=AGENT),
    "time": lambda: with_header(created_at=NOON + timedelta(days=1)),
    "source": lambda: with_header(source="agent:gemini"),
    "session": lambda: with_header(session_id="s-000000"),
    "warnings": lambda: with_header(warnings=("the reply was cut off",)),
    "stored order": lambda: with_header(task_order=("a", "b", "c")),
    "defaults said aloud": lambda: with_task("a", description="", priority=Priority.NORMAL),
}


@pytest.mark.promise("P3.version", "P4.version")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_any_change_of_what_is_approved_is_another_version(change: Callable[[], Plan]) -> None:
    changed = change()
    assert changed.version != PLAN.version
    versions = [each().version for each in CHANGES.values()]
    assert versions.count(changed.version) == 1


def test_every_field_of_a_task_and_of_a_plan_is_known_to_these_tests() -> None:
    assert set(Task.model_fields) <= set(CHANGES)
    said = set(CHANGES) | {"created_by", "created_at", "session_id", "task_order"} | set(SAME)
    assert set(PlanHeader.model_fields) <= said


@pytest.mark.promise("P4.version")
@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_who_made_a_plan_and_when_is_not_part_of_its_version(change: Callable[[], Plan]) -> None:
    assert change().version == PLAN.version


@pytest.mark.promise("P4.version")
def test_a_plan_that_goes_back_is_the_former_version_again() -> None:
    changed = with_task("a", title="Do it")
    back = changed.model_copy(update={"tasks": PLAN.tasks})
    assert back.version == PLAN.version
    assert PLAN.version.startswith(short_version(PLAN.version))
    assert len(short_version(PLAN.version)) == 12


@pytest.mark.promise("P5")
def test_what_is_exported_is_what_was_approved() -> None:
    exported = definition(with_header(summary="short"))
    assert set(exported) == {"objective", "summary", "tasks"}
    assert tuple(Task.model_validate(each) for each in exported["tasks"]) == PLAN.tasks


@pytest.mark.promise("P3.reported")
@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (PLAN, []),
        (with_header(objective="other"), []),
        (with_tasks(C, B, A), []),
        (with_tasks(A, C), [("b", "dropped", ())]),
        (with_tasks(task("d"), A, B, C), [("d", "added", ())]),
        (
            with_task("a", title="x", role="y", acceptance=()),
            [("a", "changed", ("title", "role", "acceptance"))],
        ),
        (
            with_tasks(task("d"), C, B.model_copy(update={"requires": ()})),
            [("d", "added", ()), ("b", "changed", ("requires",)), ("a", "dropped", ())],
        ),
    ],
)
def test_a_diff_names_what_was_added_changed_and_dropped(
    new: Plan, expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    rows = diff_tasks(PLAN, new)
    assert rows == tuple(
        TaskDiff.model_validate({"id": name, "change": change, "fields": fields})
        for name, change, fields in expected
    )


@pytest.mark.promise("P2")
def test_a_task_tells_its_edges_and_files() -> None:
    each = Task(
        id="t",
        title="T",
        requires=("a",),
        relates=("b",),
        files=TaskFiles(create=("new.py",), modify=("./src//Old.py",), delete=("gone.py",)),
    )
    assert [(edge.task, edge.on, edge.kind) for edge in each.dependencies] == [
        ("t", "a", "requires"),
        ("t", "b", "relates"),
    ]
    assert each.files.all == ("new.py", "./src//Old.py", "gone.py")
    assert each.files.claims == {("new.py",), ("src", "old.py"), ("gone.py",)}


def test_a_plan_finds_its_tasks_by_exact_id_only() -> None:
    assert PLAN.task("b") is B
    with pytest.raises(KeyError):
        PLAN.task("B")


def test_priorities_are_ranked_from_the_most_urgent() -> None:
    assert sorted(Priority, key=lambda each: each.rank) == ["critical", "high", "normal", "low"]


@pytest.mark.parametrize(
    "given",
    [
        {"command": ["true"], "by": "person"},
        {"test": "t::a", "file": "a.py"},
        {"file": "../a.py"},
        {"by": "nobody"},
    ],
)
def test_a_criterion_names_at_most_one_valid_kind_of_evidence(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AcceptanceCriterion.model_validate({"id": "c1", "text": "it holds", **given})
