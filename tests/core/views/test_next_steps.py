"""What can be done next, on values alone."""

from datetime import UTC, datetime

import pytest

from podium.model.events import Actor
from podium.model.plans import Plan, PlanHeader, Task
from podium.model.states import PlanState, TaskState
from podium.operations.table import load_operation
from podium.views.next_steps import as_command, plan_steps, task_steps

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


@pytest.mark.parametrize("state", TaskState)
def test_every_step_can_be_asked_as_it_is(state: TaskState) -> None:
    plans = [plan_steps(PLAN, each, has_run=True, active_run="r-1") for each in PlanState]
    for step in (*task_steps(PLAN.id, "t1", state), *(each for row in plans for each in row)):
        operation = load_operation(step.operation)
        needed = {
            name for name, field in operation.params.model_fields.items() if field.is_required()
        }
        # What an edit changes is for whoever takes the step to say.
        assert needed - {"edits"} <= set(step.params)
        assert set(step.params) <= set(operation.params.model_fields)
