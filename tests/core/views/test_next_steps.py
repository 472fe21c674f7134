"""What can be done next, on values alone."""

from datetime import UTC, datetime

import pytest

from podium.model.events import Actor
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.model.plans import Plan, PlanHeader, Task
from podium.model.runs import RequestedState, Run
from podium.model.states import FindingStatus, PlanState, RunState, TaskState
from podium.operations.table import load_operation
from podium.views.commands import command_line
from podium.views.next_steps import (
    as_command,
    file_steps,
    finding_steps,
    objective_steps,
    plan_steps,
    run_steps,
    task_steps,
)

PLAN = Plan(
    header=PlanHeader(
        id="p-7k3m9x",
        objective="Add a flag",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        created_by=Actor(kind="person"),
    ),
    tasks=(Task(id="t1", title="Parse it"),),
)

OF_PLANS = {
    PlanState.DRAFT: (["plan.approve"], "podium approve p-7k3m9x"),
    PlanState.REJECTED: (
        ["plan.update", "plan.show", "plan.approve"],
        "podium edit p-7k3m9x --help",
    ),
    PlanState.APPROVED: (["run.start", "task.claim"], "podium run p-7k3m9x"),
    PlanState.RUNNING: (["run.status", "run.pause", "run.cancel"], "podium status"),
    PlanState.DONE: (["work.land", "plan.check"], "podium land p-7k3m9x"),
}


@pytest.mark.parametrize("state", PlanState)
def test_the_steps_of_a_plan(state: PlanState) -> None:
    ids, command = OF_PLANS[state]
    steps = plan_steps(PLAN, state, has_run=True, active_run="r-1")
    assert [each.operation for each in steps] == ids
    assert as_command(steps) == command


def test_what_was_done_in_the_checkout_need_not_land() -> None:
    steps = plan_steps(PLAN, PlanState.DONE, has_run=False)
    assert as_command(steps) == "podium check p-7k3m9x"
    claimed = plan_steps(PLAN, PlanState.RUNNING, has_run=False)
    assert [each.operation for each in claimed] == ["run.status"]


def test_what_landed_need_not_land_again() -> None:
    steps = plan_steps(PLAN, PlanState.DONE, has_run=True, landed=True)
    assert as_command(steps) == "podium check p-7k3m9x"


RUN = Run(
    id="r-7k3m9x",
    plan_id=PLAN.id,
    plan_version="0" * 64,
    task_ids=("t1",),
    base_commit="0" * 40,
    target_branch="main",
    integration_branch="podium/p-7k3m9x/integration",
    created_at=PLAN.header.created_at,
    created_by=Actor(kind="person"),
)
OF_RUNS = {
    (RunState.RUNNING, RequestedState.RUN): "podium status r-7k3m9x",
    (RunState.RUNNING, RequestedState.PAUSE): "podium continue r-7k3m9x",
    (RunState.PAUSED, RequestedState.PAUSE): "podium continue r-7k3m9x",
    (RunState.PAUSED, RequestedState.RUN): "podium status r-7k3m9x",
}


@pytest.mark.parametrize(("state", "want"), OF_RUNS)
def test_a_run_that_was_continued_is_followed(state: RunState, want: RequestedState) -> None:
    steps = run_steps(RUN.model_copy(update={"state": state}), landed=False, want=want)
    assert as_command(steps) == OF_RUNS[state, want]


PLACE = Range(start=Position(line=3), end=Position(line=3))
FINDING = Finding(
    id="f-1",
    path="a.py",
    range=PLACE,
    severity=Severity.ERROR,
    category="bug",
    message="m",
    said_by="claude",
    plan_id="p-7k3m9x",
    task_id="t1",
    suggested_edit=SuggestedEdit(range=PLACE, text="x"),
)


def test_the_steps_of_a_finding() -> None:
    commands = [command_line(each) for each in finding_steps(FINDING)]
    assert commands == [
        "podium fix f-1",
        "podium dismiss f-1",
        "podium fix f-1 --consultant",
        "podium task p-7k3m9x/t1",
    ]
    plain = FINDING.model_copy(update={"suggested_edit": None, "task_id": ""})
    assert [command_line(each) for each in finding_steps(plain)] == commands[1:3]
    assert [command_line(each) for each in finding_steps(FINDING, in_attempt=True)] == commands[3:]
    dismissed = plain.model_copy(update={"status": FindingStatus.DISMISSED})
    assert [command_line(each) for each in finding_steps(dismissed)] == ["podium reopen f-1"]


@pytest.mark.parametrize(
    ("has_findings", "is_changed", "operations"),
    [
        (False, False, []),
        (False, True, ["file.revert"]),
        (True, False, ["audit.run", "file.revert"]),
    ],
)
def test_the_steps_of_a_file(has_findings: bool, is_changed: bool, operations: list[str]) -> None:
    steps = file_steps("a.py", has_findings=has_findings, is_changed=is_changed)
    assert [each.operation for each in steps] == operations


@pytest.mark.parametrize("state", TaskState)
def test_every_step_can_be_asked_as_it_is(state: TaskState) -> None:
    plans = [plan_steps(PLAN, each, has_run=True, active_run="r-1") for each in PlanState]
    others = (
        *finding_steps(FINDING),
        *file_steps("a.py", has_findings=True, is_changed=True),
        *objective_steps("Add a flag"),
    )
    every_plan = (each for row in plans for each in row)
    for step in (*task_steps(PLAN.id, "t1", state), *every_plan, *others):
        operation = load_operation(step.operation)
        needed = {
            name for name, field in operation.params.model_fields.items() if field.is_required()
        }
        # What an edit changes, and why, is for whoever takes the step to say.
        assert needed - {"edits", "reason"} <= set(step.params)
        assert set(step.params) <= set(operation.params.model_fields)
