"""A task's status shows the limits of its call, while it is under way and afterwards."""

import pytest

from podium.model.agents import Limits, Outcome, Role
from podium.model.plans import AgentChoice
from podium.model.runs import AgentCall, AgentResult, Attempt, Run, TaskRun
from podium.model.states import Phase
from podium.operations.run.latest_call import latest_limits
from tests.core.model.builders import NOON, PERSON, task

pytestmark = pytest.mark.promise("G6")

ESTIMATED = task("t1", minutes=1)
RUN = Run(
    id="r-1",
    plan_id="p-1",
    plan_version="0" * 64,
    agents={"executor": (AgentChoice(agent="gemini"),)},
    task_ids=("t1",),
    base_commit="0" * 40,
    target_branch="main",
    integration_branch="podium/p-1",
    created_at=NOON,
    created_by=PERSON,
)
SHORT = AgentCall(
    key="r-1/t1/1/execute",
    agent="gemini",
    role=Role.EXECUTOR,
    limits=Limits(wall_seconds=90, idle_seconds=30),
    limits_because="it is small",
)


def record(phase: Phase, *calls: AgentCall, at: str = "") -> TaskRun:
    result = AgentResult(path="execute", passed=True, calls=calls)
    results = (result,) if calls else ()
    attempt = Attempt(number=1, branch="b", at=at, results=results, started_at=NOON)
    return TaskRun(task_id="t1", phase=phase, attempts=(attempt,))


UNDER_WAY = "10 min, 3 min 20 s without output, because the task is estimated at 1 min"
ENDED = "1 min 30 s, 30 s without output, because it is small"
TIMED_OUT = SHORT.model_copy(update={"outcome": Outcome.TIMED_OUT})


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (TaskRun(task_id="t1"), ""),
        (record(Phase.WORKING, at="execute"), UNDER_WAY),
        (record(Phase.WORKING, TIMED_OUT, at="execute"), ""),
        (record(Phase.WORKING, SHORT, at="gates"), ENDED),
        (record(Phase.DONE, SHORT), ENDED),
        (record(Phase.DONE, SHORT.model_copy(update={"limits": None})), ""),
    ],
    ids=["not begun", "under way", "after a time-out", "its gates", "done", "as configured"],
)
def test_the_limits_of_the_latest_call_are_shown(row: TaskRun, shown: str) -> None:
    assert latest_limits(RUN, row, ESTIMATED) == shown
    assert latest_limits(RUN, row, None) == ""
