"""The rows of the board, on values alone."""

from datetime import UTC, datetime

import pytest

from podium.model.events import Actor
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.model.plans import AcceptanceCriterion, Plan, PlanHeader, Task
from podium.model.progress import TaskProgress
from podium.model.states import PlanState, TaskState
from podium.views.board import (
    PlanFacts,
    file_rows,
    finding_row,
    findings_group,
    plan_rows,
    run_rows,
    task_rows,
)
from podium.words import counted, joined, shorten

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PLACE = Range(start=Position(line=3), end=Position(line=4))


def plan(*tasks: Task) -> Plan:
    header = PlanHeader(
        id="p-7k3m9x",
        objective="Add\na flag",
        summary="Small",
        created_at=NOW,
        created_by=Actor(kind="person"),
    )
    return Plan(header=header, tasks=tasks)


def finding(name: str, path: str = "src/a.py", task: str = "", edit: bool = False) -> Finding:
    return Finding(
        id=name,
        path=path,
        range=PLACE,
        severity=Severity.ERROR,
        category="bug",
        message="It is wrong",
        said_by="an auditor",
        plan_id="p-7k3m9x" if task else "",
        task_id=task,
        suggested_edit=SuggestedEdit(range=PLACE, text="x") if edit else None,
    )


FIRST = Task(id="t1", title="Parse it", acceptance=(AcceptanceCriterion(id="c1", text="it runs"),))
SECOND = Task(id="t2", title="Write it", requires=("t1",))
FACTS = PlanFacts(
    plan=plan(FIRST, SECOND),
    state=PlanState.APPROVED,
    progress={"t1": TaskProgress(state=TaskState.PENDING)},
    findings=(finding("f-1", task="t2"),),
)


def test_a_plan_is_a_row() -> None:
    newest, older = plan_rows([FACTS, FACTS])
    assert (newest.node, newest.kind, newest.label) == ("p-7k3m9x", "plan.approved", "Add a flag")
    assert newest.description == "approved · 0 of 2 done"
    assert newest.tooltip == "Add\na flag\n\nSmall\n\np-7k3m9x"
    assert newest.path == ".podium/plans/p-7k3m9x/plan.json"
    assert newest.arguments == {"plan": "p-7k3m9x"}
    assert (newest.expanded, older.expanded, newest.parent) == (True, False, True)


def test_tasks_are_rows_in_the_plans_order() -> None:
    first, second = task_rows(FACTS)
    assert (first.node, first.kind) == ("p-7k3m9x/t1", "task.ready")
    assert first.description == "t1 · ready"
    assert first.tooltip == "Parse it\n\n· it runs"
    assert (second.kind, second.description) == ("task.pending", "t2 · pending")
    assert (first.parent, second.parent) == (False, True), "the second one has a finding"
    assert second.arguments == {"plan": "p-7k3m9x", "task": "p-7k3m9x/t2"}


def test_a_tasks_own_findings_are_below_it() -> None:
    rows = run_rows("p-7k3m9x", "t2", [], [finding("f-1", task="t2"), finding("f-2")])
    assert [row.node for row in rows] == ["finding/f-1"]


def test_findings_are_by_file() -> None:
    found = [finding("f-1"), finding("f-2"), finding("f-3", path="b.py")]
    assert findings_group([]) == ()
    (group,) = findings_group(found)
    assert (group.node, group.description) == ("findings", "3 open")
    assert [(row.node, row.label, row.description) for row in file_rows(found)] == [
        ("findings/b.py", "b.py", "1"),
        ("findings/src/a.py", "a.py", "src · 2"),
    ]


@pytest.mark.parametrize(("edit", "kind"), [(True, "fixable"), (False, "open")])
def test_a_finding_is_a_row_at_its_line(edit: bool, kind: str) -> None:
    row = finding_row(finding("f-1", edit=edit))
    assert row.kind == f"finding.error.{kind}"
    assert (row.line, row.description) == (3, "line 3 · bug")
    assert finding_row(finding("f-1"), line=9).tooltip.splitlines()[2] == "src/a.py:9"


def test_words() -> None:
    assert (counted(1, "task"), counted(2, "task")) == ("1 task", "2 tasks")
    assert joined("a", "", "b") == "a · b"
    assert shorten("  a\n b ", 3) == "a b"
    assert shorten("abcd", 3) == "ab…"
