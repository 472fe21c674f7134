"""The kept index against a plain reading of all records, which is slow and obvious."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.model.plans import Priority, Task
from podium.model.rules.decide import Action, Begin, Block, CleanUp, Continue, Fail, RunView, decide
from podium.model.rules.graph import remaining_minutes
from podium.model.rules.retries import is_exhausted
from podium.model.rules.standing import TaskIndex
from podium.model.runs import ACTIVE_PHASES, Attempt, RequestedState, TaskRun
from podium.model.states import Phase
from tests.core.model.builders import NOON, task

OUTSIDE = ("x", "y")
TOOK = {"t0": 4.0, "t2": 0.5}


@st.composite
def plans(draw: st.DrawFn) -> tuple[Task, ...]:
    """Draw tasks without a cycle; some require tasks outside of the run."""
    tasks: list[Task] = []
    for number in range(draw(st.integers(0, 7))):
        former = [*(each.id for each in tasks), *OUTSIDE]
        tasks.append(
            task(
                f"t{number}",
                *draw(st.lists(st.sampled_from(former), max_size=4)),
                priority=draw(st.sampled_from(Priority)),
                minutes=draw(st.sampled_from([None, 1.0, 2.0, 30.0])),
                modify=draw(st.lists(st.sampled_from(["a", "a/b", "c"]), max_size=2)),
            )
        )
    return tuple(draw(st.permutations(tasks)))


@st.composite
def records(draw: st.DrawFn) -> TaskRun:
    """Draw any record of any task, whether or not a run could come to it."""
    tries = tuple(
        Attempt(
            number=number,
            branch="b",
            problem=f"problem {number}",
            hopeless=draw(st.booleans()),
            counts=draw(st.booleans()),
            started_at=NOON,
        )
        for number in range(1, draw(st.integers(2, 4)))
    )
    name = draw(st.sampled_from([*(f"t{number}" for number in range(7)), *OUTSIDE]))
    phase = draw(st.sampled_from(Phase))
    return TaskRun(task_id=name, phase=phase, attempts=tries, cleaned=draw(st.booleans()))


@st.composite
def views(draw: st.DrawFn) -> RunView:
    """Draw what the runner shows to `decide`, with the records of all tasks read from nothing."""
    runs = {each.task_id: each for each in draw(st.lists(records()))}
    return RunView(
        tasks=draw(plans()),
        task_runs=runs,
        want=draw(st.sampled_from(RequestedState)),
        max_parallel=draw(st.integers(1, 4)),
        max_attempts=3,
        already_done=draw(st.sampled_from([frozenset[str](), frozenset({"x"})])),
        held=draw(st.sampled_from([frozenset[str](), frozenset({"t0", "t1"})])),
        run_held=draw(st.booleans()),
        took=TOOK,
    )


@pytest.mark.promise("R2.parallel", "R7.kill")
@hypothesis.settings(max_examples=300)
@hypothesis.given(views(), st.lists(records()))
def test_an_index_that_is_kept_finds_what_all_records_say(
    view: RunView, changes: list[TaskRun]
) -> None:
    index = TaskIndex(view.tasks, view.already_done, view.max_attempts, TOOK)
    runs: dict[str, TaskRun] = {}
    for change in (*view.task_runs.values(), *changes):
        index.put(change)
        runs[change.task_id] = change
    whole = replace(view, task_runs=runs)
    kept = replace(view, task_runs=runs, kept=index.standing())
    assert kept.kept == whole.standing
    assert decide(kept) == decide(whole)
    check_standing(whole)


def check_standing(view: RunView) -> None:
    """Compare what the index says with each task's own record."""
    standing = view.standing

    def those(named: tuple[Task, ...]) -> set[str]:
        return {each.id for each in named}

    def raw(name: str) -> TaskRun:
        return view.task_runs.get(name, TaskRun(task_id=name))

    names = {each.id for each in view.tasks}
    assert those(standing.active) == {n for n in names if view.phase(n) in ACTIVE_PHASES}
    assert those(standing.exhausted) == {
        n for n in names if raw(n).phase is Phase.RETRYING and is_exhausted(raw(n), 3)
    }
    assert those(standing.uncleaned) == {
        n for n in names if raw(n).phase is Phase.DONE and not raw(n).cleaned
    }
    assert those(standing.unreachable) == {
        each.id
        for each in view.tasks
        if view.phase(each.id) is Phase.WAITING and any(map(view.is_unreachable, each.requires))
    }
    assert those(standing.ready) == {
        each.id
        for each in view.tasks
        if view.phase(each.id) in {Phase.WAITING, Phase.RETRYING}
        and all(view.phase(r) is Phase.DONE for r in each.requires)
    }


def decide_slowly(view: RunView) -> tuple[Action, ...]:
    """Say what a run without a wish of a person does next, by looking at every task."""
    tasks = view.tasks
    failed = tuple(
        Fail(each.id, view.task_runs[each.id].attempt.problem)
        for each in tasks
        if each.id in view.task_runs
        and view.task_runs[each.id].phase is Phase.RETRYING
        and is_exhausted(view.task_runs[each.id], view.max_attempts)
    )
    blocked = tuple(
        Block(each.id, f"requires {', '.join(map(view.why_unreachable, dead))}")
        for each in tasks
        if view.phase(each.id) is Phase.WAITING
        and (dead := [r for r in each.requires if view.is_unreachable(r)])
    )
    if failed or blocked:
        return (*failed, *blocked)
    active = [each for each in tasks if view.phase(each.id) in ACTIVE_PHASES]
    busy = {claim for each in active for claim in each.files.claims}
    begun: list[Begin] = []
    longest = slow_remaining(tasks)
    for each in sorted(tasks, key=lambda each: (each.priority.rank, -longest[each.id])):
        free = len(active) + len(begun) < view.max_parallel
        starts = view.phase(each.id) in {Phase.WAITING, Phase.RETRYING}
        has_all = all(view.phase(r) is Phase.DONE for r in each.requires)
        mine = each.files.claims
        apart = not any(
            one[: len(two)] == two[: len(one)] for one, two in itertools.product(mine, busy)
        )
        if free and starts and has_all and apart and not view.is_held(each.id):
            busy |= mine
            tries = view.task_runs[each.id].attempts if each.id in view.task_runs else ()
            begun.append(Begin(each.id, len(tries) + 1))
    return (
        *(Continue(e.id, view.phase(e.id)) for e in active if not view.is_held(e.id)),
        *(CleanUp(e.id) for e in tasks if left_something(view.task_runs, e.id)),
        *begun,
    )


def left_something(runs: Mapping[str, TaskRun], name: str) -> bool:
    return name in runs and runs[name].phase is Phase.DONE and not runs[name].cleaned


@pytest.mark.promise("R2.parallel", "R5.files")
@hypothesis.settings(max_examples=300)
@hypothesis.given(views())
def test_a_decision_is_what_a_look_at_every_task_gives(view: RunView) -> None:
    view = replace(view, want=RequestedState.RUN)
    expected = decide_slowly(view)
    if expected:
        assert decide(view) == expected


def slow_remaining(tasks: tuple[Task, ...]) -> dict[str, float]:
    """Return the longest remaining path of each task, from a list of all paths."""

    def paths(name: str) -> list[float]:
        one = next(each for each in tasks if each.id == name)
        own = one.estimate.minutes if one.estimate else TOOK.get(name, 1.0)
        after = [each.id for each in tasks if name in each.requires]
        return [own + rest for each in after for rest in paths(each)] or [own]

    return {each.id: max(paths(each.id)) for each in tasks}


@hypothesis.given(plans())
def test_the_longest_remaining_path_is_the_longest_of_all_paths(tasks: tuple[Task, ...]) -> None:
    assert remaining_minutes(tasks, TOOK) == slow_remaining(tasks)


@pytest.mark.promise("R2.parallel")
def test_ready_tasks_with_the_longest_remaining_path_begin_first() -> None:
    tasks = (
        task("short"),
        task("long"),
        task("after", "long"),
        task("weighed", minutes=5.0),
        task("urgent", priority=Priority.CRITICAL),
        task("known"),
    )
    view = RunView(tasks, {}, RequestedState.RUN, 9, 3, took={"known": 3.0})
    order = [action.task_id for action in decide(view) if isinstance(action, Begin)]
    assert order == ["urgent", "weighed", "known", "long", "short"]


def test_tasks_in_a_cycle_count_alone() -> None:
    tasks = (task("a", "b"), task("b", "a"), task("c"), task("d", "c"))
    assert remaining_minutes(tasks, {}) == {"a": 1.0, "b": 1.0, "c": 2.0, "d": 1.0}
