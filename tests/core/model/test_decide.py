"""What to do next in a run: tables for single decisions, chance for whole runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.model.plans import Priority, Task
from podium.model.rules.decide import (
    Action,
    Begin,
    Block,
    Cancel,
    CleanUp,
    Continue,
    Fail,
    Finish,
    Pause,
    RunView,
    decide,
)
from podium.model.rules.graph import dependants
from podium.model.runs import ACTIVE_PHASES, Attempt, RequestedState, TaskRun
from podium.model.states import Phase, RunState
from tests.core.model.builders import NOON, task
from tests.core.model.simulator import BAD_ENDS, Chances, World


def run_of(task_id: str, phase: Phase, attempts: int = 1, *, hopeless: bool = False) -> TaskRun:
    tries = tuple(
        Attempt(
            number=number,
            branch="b",
            problem=f"problem {number}",
            hopeless=hopeless and number == attempts,
            started_at=NOON,
        )
        for number in range(1, attempts + 1)
    )
    return TaskRun(task_id=task_id, phase=phase, attempts=tries, cleaned=True)


def check(
    tasks: Sequence[Task],
    phases: Mapping[str, Phase | TaskRun],
    *expected: Action,
    want: RequestedState = RequestedState.RUN,
    parallel: int = 2,
    already_done: Sequence[str] = (),
) -> None:
    runs = {
        name: each if isinstance(each, TaskRun) else run_of(name, each)
        for name, each in phases.items()
    }
    view = RunView(
        tasks=tuple(tasks),
        task_runs=runs,
        want=want,
        max_parallel=parallel,
        max_attempts=3,
        already_done=frozenset(already_done),
    )
    assert decide(view) == expected


@pytest.mark.promise("R7.kill")
def test_a_completed_task_is_cleaned_up_before_the_run_ends() -> None:
    left = run_of("a", Phase.DONE).model_copy(update={"cleaned": False})
    for want in RequestedState:
        check([A], {"a": left}, CleanUp("a"), want=want)
    check([A, B], {"a": left}, CleanUp("a"), Begin("b", 1))
    check([A], {"a": DONE}, Finish(RunState.COMPLETED))


@pytest.mark.parametrize("want", RequestedState)
def test_what_a_question_holds_does_not_go_on(want: RequestedState) -> None:
    working = run_of("a", Phase.WORKING)
    view = RunView(
        tasks=(A, C),
        task_runs={"a": working},
        want=want,
        max_parallel=2,
        max_attempts=3,
        held=frozenset({"a"}),
    )
    whole = replace(view, run_held=True)
    go_on: dict[RequestedState, tuple[Action, ...]] = {
        RequestedState.RUN: (Begin("c", 1),),
        RequestedState.PAUSE: (Pause(),),
        RequestedState.CANCEL: (Cancel("a"), Cancel("c")),
    }
    assert decide(view) == go_on[want]
    held = () if want is RequestedState.RUN else go_on[want]
    assert decide(whole) == held


def test_an_attempt_that_the_machine_refused_does_not_count() -> None:
    failed = run_of("a", RETRYING, 3)
    refused = failed.attempts[-1].model_copy(update={"counts": False})
    tried = failed.model_copy(update={"attempts": (*failed.attempts[:-1], refused)})
    check([A], {"a": tried}, Begin("a", 4))


A, B, C = task("a"), task("b", "a"), task("c")
DONE, FAILED, WAITING, RETRYING = Phase.DONE, Phase.FAILED, Phase.WAITING, Phase.RETRYING


@pytest.mark.promise("R2.sequential", "R2.parallel")
def test_ready_tasks_begin_up_to_the_limit_most_urgent_first() -> None:
    check([A, B, C], {}, Begin("a", 1), Begin("c", 1))
    check([A, B, C], {}, Begin("a", 1), parallel=1)
    urgent = task("z", priority=Priority.CRITICAL)
    check([A, B, urgent], {}, Begin("z", 1), parallel=1)
    check([A, C, urgent], {}, Begin("z", 1), Begin("a", 1))


def test_a_task_waits_for_all_that_it_requires() -> None:
    check([A, B], {"a": Phase.MERGING}, Continue("a", Phase.MERGING))
    check([A, B], {"a": DONE}, Begin("b", 1))
    check([B], {}, Begin("b", 1), already_done=["a"])


@pytest.mark.promise("R7.kill")
@pytest.mark.parametrize("phase", sorted(ACTIVE_PHASES))
def test_what_was_under_way_before_a_crash_is_carried_on_where_it_stood(phase: Phase) -> None:
    check([A, B], {"a": phase}, Continue("a", phase))
    check([A, B], {"a": phase}, Continue("a", phase), want=RequestedState.PAUSE)
    check([A, C], {"a": phase}, Continue("a", phase), Begin("c", 1))


@pytest.mark.promise("R5.files")
@pytest.mark.parametrize(
    ("one", "two", "together"),
    [
        ("a.py", "b.py", True),
        ("a.py", "a.py", False),
        ("a.py", "./a.py", False),
        ("src/a.py", "src//a.py", False),
        ("src/a.py", "SRC/A.py", False),
        ("caf\u00e9.py", "cafe\u0301.py", False),
        ("src", "src/a.py", False),
        ("src/a.py", "src/", False),
        ("src/a.py", "src/a.pyi", True),
        ("src/a", "src/ab", True),
    ],
)
def test_tasks_that_declare_one_file_never_run_together(
    one: str, two: str, *, together: bool
) -> None:
    first, second = task("a", modify=[one]), task("b", modify=[two])
    alone = (Begin("a", 1),)
    check([first, second], {}, *(alone if not together else (*alone, Begin("b", 1))))
    carried = (Continue("a", Phase.WORKING),)
    begun = (*carried, Begin("b", 1)) if together else carried
    check([first, second], {"a": Phase.WORKING}, *begun)


@pytest.mark.promise("R8.others")
def test_a_failed_attempt_is_followed_by_another_until_none_is_left() -> None:
    check([A], {"a": run_of("a", RETRYING, 1)}, Begin("a", 2))
    check([A], {"a": run_of("a", RETRYING, 2)}, Begin("a", 3))
    check([A, C], {"a": run_of("a", RETRYING, 3)}, Fail("a", "problem 3"))
    hopeless = run_of("a", RETRYING, 1, hopeless=True)
    check([A, C], {"a": hopeless}, Fail("a", "problem 1"))
    check([A], {"a": hopeless}, Fail("a", "problem 1"), want=RequestedState.PAUSE)


@pytest.mark.promise("R8.blocked", "R8.others")
def test_the_dependants_of_a_failed_task_are_blocked_and_the_others_go_on() -> None:
    check([A, B, C], {"a": FAILED}, Block("b", "requires a (failed)"))
    check([A, B, C], {"a": FAILED, "b": Phase.BLOCKED}, Begin("c", 1))
    further = task("d", "b", "c")
    check(
        [A, B, C, further],
        {"a": FAILED, "b": Phase.BLOCKED, "c": Phase.CANCELLED},
        Block("d", "requires b (blocked), c (cancelled)"),
    )


@pytest.mark.promise("R8.blocked")
def test_a_requirement_that_is_neither_done_nor_in_the_run_blocks() -> None:
    check([B], {}, Block("b", "requires a (not done and not in this run)"))


@pytest.mark.promise("R7.pause")
def test_a_pause_lets_the_active_finish_and_begins_nothing() -> None:
    check([A, C], {"a": Phase.WORKING}, Continue("a", Phase.WORKING), want=RequestedState.PAUSE)
    check([A, C], {"a": DONE}, Pause(), want=RequestedState.PAUSE)
    check([A], {"a": run_of("a", RETRYING, 1)}, Pause(), want=RequestedState.PAUSE)
    check([A], {"a": DONE}, Finish(RunState.COMPLETED), want=RequestedState.PAUSE)


@pytest.mark.promise("R7.cancel")
def test_a_cancel_drops_all_that_is_open_and_keeps_what_is_done() -> None:
    check(
        [A, B, C],
        {"a": DONE, "b": Phase.WORKING},
        Cancel("b"),
        Cancel("c"),
        want=RequestedState.CANCEL,
    )
    cancelled = {"a": DONE, "b": Phase.CANCELLED, "c": Phase.CANCELLED}
    check([A, B, C], cancelled, Finish(RunState.CANCELLED), want=RequestedState.CANCEL)


@pytest.mark.promise("R8.report")
@pytest.mark.parametrize(
    ("phases", "want", "state"),
    [
        ({"a": DONE, "c": DONE}, RequestedState.RUN, RunState.COMPLETED),
        ({"a": DONE, "c": DONE}, RequestedState.CANCEL, RunState.COMPLETED),
        ({"a": DONE, "c": FAILED}, RequestedState.RUN, RunState.PARTIAL),
        ({"a": DONE, "c": FAILED}, RequestedState.CANCEL, RunState.PARTIAL),
        ({"a": DONE, "c": Phase.CANCELLED}, RequestedState.CANCEL, RunState.CANCELLED),
        ({"a": FAILED, "c": FAILED}, RequestedState.RUN, RunState.FAILED),
        ({"a": FAILED, "c": Phase.BLOCKED}, RequestedState.RUN, RunState.FAILED),
    ],
)
def test_a_run_ends_as_its_tasks_did(
    phases: dict[str, Phase], want: RequestedState, state: RunState
) -> None:
    check([A, C], phases, Finish(state), want=want)


def test_a_run_without_tasks_is_complete_at_once() -> None:
    check([], {}, Finish(RunState.COMPLETED))


PATHS = ["a.py", "./a.py", "A.py", "src/b.py", "src", "src//b.py", "c.py"]
OUTSIDE = ["x", "y"]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Task, ...]:
    """Draw a valid plan: random requirements on former tasks and on two outside of the run."""
    tasks: list[Task] = []
    for number in range(draw(st.integers(0, 7))):
        former = [*(each.id for each in tasks), *draw(st.sampled_from([[], OUTSIDE]))]
        requires = draw(st.lists(st.sampled_from(former), unique=True)) if former else []
        files = draw(st.lists(st.sampled_from(PATHS), unique=True, max_size=2))
        priority = draw(st.sampled_from(Priority))
        tasks.append(task(f"t{number}", *requires, priority=priority, modify=files))
    return tuple(draw(st.permutations(tasks)))


@st.composite
def worlds(draw: st.DrawFn, chances: Chances) -> World:
    return World(
        tasks=draw(graphs()),
        already_done=draw(st.sampled_from([frozenset({"x"}), frozenset(OUTSIDE)])),
        max_parallel=draw(st.integers(1, 4)),
        max_attempts=draw(st.integers(1, 3)),
        chances=chances,
        random=Random(draw(st.integers(0, 2**32))),
    )


def phases_of(world: World) -> dict[str, Phase]:
    return {each.id: world.phase(each.id) for each in world.tasks}


@pytest.mark.promise("R2.parallel", "R5.files", "R7.kill", "R8.blocked", "R8.others")
@hypothesis.settings(max_examples=300)
@hypothesis.given(worlds(Chances()))
def test_a_run_keeps_its_rules_and_ends_through_failures_crashes_and_pauses(world: World) -> None:
    state = world.live()
    phases = phases_of(world)
    assert set(phases.values()) <= {DONE, FAILED, Phase.BLOCKED}
    # A task is blocked exactly when something it requires will never be done.
    for each in world.tasks:
        assert (phases[each.id] is Phase.BLOCKED) == bool(world.lost_requirements(each.id))
    # One failed task stops nothing but what depends on it.
    lost = {name for name, phase in phases.items() if phase in BAD_ENDS}
    roots = {name for name, phase in phases.items() if phase is FAILED} | {"x", "y"}
    roots -= world.already_done
    assert lost == {
        name
        for name in phases
        if name in roots or any(name in dependants(world.tasks, root) for root in roots)
    }
    check_end(phases, state)


def check_end(phases: dict[str, Phase], state: RunState) -> None:
    done = [phase is DONE for phase in phases.values()]
    if all(done):
        assert state is RunState.COMPLETED
    else:
        assert state is (RunState.PARTIAL if any(done) else RunState.FAILED)


@pytest.mark.promise("R7.kill", "R7.pause", "R7.resume")
@hypothesis.settings(max_examples=200)
@hypothesis.given(worlds(Chances(failure=0, crash=0.3, pause=0.4)))
def test_paused_resumed_and_crashed_a_run_without_failures_still_does_everything(
    world: World,
) -> None:
    hypothesis.assume(not any(world.lost_requirements(each.id) for each in world.tasks))
    assert world.live() is RunState.COMPLETED
    assert all(len(run.attempts) == 1 for run in world.task_runs.values())


@pytest.mark.promise("R7.cancel")
@hypothesis.settings(max_examples=200)
@hypothesis.given(worlds(Chances(cancel=0.15, pause=0.1)))
def test_a_cancelled_run_ends_and_keeps_what_was_done(world: World) -> None:
    state = world.live()
    phases = phases_of(world)
    if Phase.CANCELLED in phases.values():
        assert state is RunState.CANCELLED
    else:
        check_end(phases, state)
