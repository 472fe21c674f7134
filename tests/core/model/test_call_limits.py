"""The limits of a call adapt to its task, within the configured ones."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.model.agents import Limits, Outcome, Role
from podium.model.plans import AgentChoice, Estimate
from podium.model.rules.call_limits import (
    CALLS_KEPT,
    LEAST_IDLE_SECONDS,
    LEAST_WALL_SECONDS,
    MIN_CALLS,
    FittedLimits,
    call_limits,
    call_needs,
    durations,
    fit_limits,
    with_durations,
)
from podium.model.runs import AgentCall, AgentResult, Attempt, CacheUse, Run, RunSettings, TaskRun
from tests.core.model.builders import NOON, PERSON, task

pytestmark = pytest.mark.promise("G6")

CONFIGURED = Limits(wall_seconds=3600, idle_seconds=900)
MINUTE = 60.0


def sure(minutes: float) -> Estimate:
    return Estimate(minutes=minutes, confidence=1)


def guess(minutes: float) -> Estimate:
    return Estimate(minutes=minutes, confidence=0)


def fitted(
    estimate: Estimate | None = None,
    files: int = 0,
    past: tuple[float, ...] = (),
    configured: Limits = CONFIGURED,
) -> FittedLimits:
    return fit_limits(configured, call_needs(estimate=estimate, files=files, past=past))


ESTIMATED = "the task is estimated at {} min"
LIKE_IT = "the last 3 calls like it took at most {}"


@pytest.mark.parametrize(
    ("estimate", "files", "past", "wall", "idle", "reason"),
    [
        (None, 0, (), 3600, 900, ""),
        (None, 40, (), 3600, 900, ""),
        (None, 0, (9.0, 9.0), 3600, 900, ""),
        (None, 0, (9.0, 12.0, 9.0), 600, 200, LIKE_IT.format("12 s")),
        (None, 0, (9.0, 240.0, 9.0), 1200, 400, LIKE_IT.format("4 min")),
        (None, 0, (9.0, 900.0, 9.0), 3600, 900, ""),
        (sure(2), 0, (), 600, 200, ESTIMATED.format(2)),
        (sure(10), 0, (), 1200, 400, ESTIMATED.format(10)),
        (guess(10), 0, (), 2400, 800, ESTIMATED.format(10)),
        (sure(40), 0, (), 3600, 900, ""),
        (sure(10), 0, (9.0, 12.0, 9.0), 1200, 400, ESTIMATED.format(10)),
        (sure(2), 0, (9.0, 300.0, 9.0), 1500, 500, LIKE_IT.format("5 min")),
        (sure(10), 12, (), 1440, 480, "it is about 12 files"),
        (sure(10), 40, (), 3600, 900, ""),
    ],
)
def test_each_case_of_the_table(
    estimate: Estimate | None,
    files: int,
    past: tuple[float, ...],
    wall: float,
    idle: float,
    reason: str,
) -> None:
    found = fitted(estimate, files, past)
    assert (found.limits.wall_seconds, found.limits.idle_seconds) == (wall, idle)
    assert found.reason == reason
    assert found.limits.output_bytes == CONFIGURED.output_bytes


seconds = st.floats(min_value=0, max_value=1e6)
configured_limits = st.builds(
    Limits,
    wall_seconds=st.floats(min_value=0.1, max_value=1e6),
    idle_seconds=st.floats(min_value=0.1, max_value=1e6),
)
estimates = st.none() | st.builds(
    Estimate,
    minutes=st.floats(min_value=0.01, max_value=1e5),
    confidence=st.floats(min_value=0, max_value=1),
)
histories = st.lists(seconds, max_size=6).map(tuple)


@given(configured_limits, estimates, st.integers(0, 500), histories)
def test_they_are_between_the_least_and_the_configured_ones(
    configured: Limits, estimate: Estimate | None, files: int, past: tuple[float, ...]
) -> None:
    limits = fitted(estimate, files, past, configured).limits
    least_wall = min(LEAST_WALL_SECONDS, configured.wall_seconds)
    least_idle = min(LEAST_IDLE_SECONDS, configured.idle_seconds)
    assert least_wall <= limits.wall_seconds <= configured.wall_seconds
    assert least_idle <= limits.idle_seconds <= configured.idle_seconds


@given(configured_limits, st.integers(0, 500), histories)
def test_without_an_estimate_and_enough_calls_they_are_the_configured_ones(
    configured: Limits, files: int, past: tuple[float, ...]
) -> None:
    few = past[: MIN_CALLS - 1]
    assert fitted(None, files, few, configured) == FittedLimits(configured)


def longer_estimate(estimate: Estimate | None, more: float) -> Estimate:
    assert estimate is not None
    return estimate.model_copy(update={"minutes": estimate.minutes + more})


Grown = tuple[Estimate | None, int, tuple[float, ...]]
Grow = Callable[[Estimate | None, int, tuple[float, ...], float], Grown]

GROWTH: dict[str, Grow] = {
    "estimate": lambda e, f, p, more: (longer_estimate(e, more), f, p),
    "doubt": lambda e, f, p, more: (
        e and e.model_copy(update={"confidence": e.confidence / (1 + more)}),
        f,
        p,
    ),
    "files": lambda e, f, p, more: (e, f + int(more), p),
    "calls": lambda e, f, p, more: (e, f, (*p, more)),
    "slower calls": lambda e, f, p, more: (e, f, tuple(each + more for each in p)),
}


@pytest.mark.parametrize("what", GROWTH)
@given(
    configured_limits,
    estimates.filter(lambda each: each is not None),
    st.integers(0, 500),
    st.lists(seconds, min_size=MIN_CALLS, max_size=6).map(tuple),
    seconds,
)
def test_more_to_do_never_shortens_them(
    what: str,
    configured: Limits,
    estimate: Estimate,
    files: int,
    past: tuple[float, ...],
    more: float,
) -> None:
    before = fitted(estimate, files, past, configured).limits
    after = fitted(*GROWTH[what](estimate, files, past, more), configured).limits
    assert after.wall_seconds >= before.wall_seconds
    assert after.idle_seconds >= before.idle_seconds


@given(configured_limits, configured_limits, estimates, st.integers(0, 500), histories)
def test_longer_configured_limits_never_shorten_them(
    one: Limits,
    other: Limits,
    estimate: Estimate | None,
    files: int,
    past: tuple[float, ...],
) -> None:
    both = Limits(
        wall_seconds=max(one.wall_seconds, other.wall_seconds),
        idle_seconds=max(one.idle_seconds, other.idle_seconds),
    )
    before = fitted(estimate, files, past, one).limits
    after = fitted(estimate, files, past, both).limits
    assert after.wall_seconds >= before.wall_seconds
    assert after.idle_seconds >= before.idle_seconds


def call(name: str, seconds: float, **more: object) -> AgentCall:
    ended = NOON + timedelta(seconds=seconds)
    call = AgentCall(
        key=f"r-1/t1/1/{name}",
        agent="gemini",
        role=Role.EXECUTOR,
        outcome=Outcome.COMPLETED,
        started_at=NOON,
        ended_at=ended,
    )
    return call.model_copy(update=more)


def record(*calls: AgentCall) -> TaskRun:
    result = AgentResult(path="execute", passed=True, calls=calls)
    attempt = Attempt(number=1, branch="b", results=(result,), started_at=NOON)
    return TaskRun(task_id="t1", attempts=(attempt,))


def run(**past: tuple[float, ...]) -> Run:
    return Run(
        id="r-1",
        plan_id="p-1",
        plan_version="0" * 64,
        settings=RunSettings(limits=CONFIGURED),
        past_calls={f"{role}/gemini": each for role, each in past.items()},
        task_ids=("t1",),
        base_commit="0" * 40,
        target_branch="main",
        integration_branch="podium/p-1",
        created_at=NOON,
        created_by=PERSON,
    )


GEMINI = AgentChoice(agent="gemini")
SHORT = (9.0, 9.0, 9.0)


@pytest.mark.parametrize(
    ("past", "role", "agent", "wall"),
    [
        ({"executor": SHORT}, Role.EXECUTOR, "gemini", 600),
        ({"executor": SHORT}, Role.AUDITOR, "gemini", 3600),
        ({"executor": SHORT}, Role.EXECUTOR, "codex", 3600),
        ({"auditor": SHORT}, Role.AUDITOR, "gemini", 600),
    ],
    ids=["its own", "another role", "another agent", "its own role"],
)
def test_only_calls_of_the_same_agent_in_the_same_role_count(
    past: dict[str, tuple[float, ...]], role: Role, agent: str, wall: float
) -> None:
    found = call_limits(run(**past), record(), task("t1"), role, AgentChoice(agent=agent))
    assert found.limits.wall_seconds == wall


def test_the_estimate_of_the_task_is_for_its_executor() -> None:
    short = task("t1", minutes=5)
    executor = call_limits(run(), record(), short, Role.EXECUTOR, GEMINI)
    auditor = call_limits(run(), record(), short, Role.AUDITOR, GEMINI)
    assert executor.limits.wall_seconds < auditor.limits.wall_seconds
    assert auditor == FittedLimits(CONFIGURED)


def test_a_call_after_one_that_ran_out_of_time_has_the_configured_limits() -> None:
    before = record(call("execute", 600, outcome=Outcome.TIMED_OUT))
    found = call_limits(run(executor=SHORT), before, task("t1"), Role.EXECUTOR, GEMINI)
    assert found == FittedLimits(CONFIGURED)


def test_durations_are_of_calls_that_worked_and_the_latest_are_kept() -> None:
    calls = [
        call("a", 30.04),
        call("b", 20, outcome=Outcome.RATE_LIMITED),
        call("c", 10, cache=CacheUse.HIT),
        call("d", 50, outcome=Outcome.TIMED_OUT),
        call("e", 40, role=Role.AUDITOR),
        call("f", -5),
        call("g", 1, ended_at=None),
    ]
    assert durations([record(*calls)]) == {
        "executor/gemini": (0.0, 30.0, 50.0),
        "auditor/gemini": (40.0,),
    }
    many = [call(f"c{each}", each) for each in range(30)]
    kept = durations([record(*many)])
    assert kept == {"executor/gemini": tuple(range(30 - CALLS_KEPT, 30))}
    both = with_durations(kept, {"executor/gemini": (99.0,), "auditor/gemini": (1.0,)})
    assert both["executor/gemini"] == (*range(31 - CALLS_KEPT, 30), 99.0)
    assert both["auditor/gemini"] == (1.0,)
