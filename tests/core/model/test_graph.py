"""The rules of a plan's graph, against plain computations that are slow and obvious."""

import itertools
import re
from collections.abc import Sequence

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.errors import InvalidPlan
from podium.model.plans import Priority, Task
from podium.model.rules.graph import (
    DEFAULT_MINUTES,
    MOST_CYCLES,
    check_tasks,
    dependants,
    estimate,
    plan_problems,
    topological_order,
    waves,
)
from tests.core.model.builders import task


def check_problems(tasks: Sequence[Task], *expected: str) -> None:
    assert plan_problems(tasks) == expected
    if expected:
        with pytest.raises(InvalidPlan) as caught:
            check_tasks(tasks)
        assert caught.value.problems == expected
        assert caught.value.hints
    else:
        check_tasks(tasks)


@pytest.mark.promise("P1.strict")
@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([], []),
        ([task("a"), task("b", "a", relates=["c"]), task("c", "a")], []),
        (
            [task("a"), task("a"), task("a")],
            ["task id 'a' is used 3 times"],
        ),
        (
            [task("api"), task("API")],
            ["task ids 'api', 'API' differ only in case"],
        ),
        (
            [task("a", "a")],
            ["task 'a' requires itself"],
        ),
        (
            [task("a", relates=["a"])],
            ["task 'a' relates to itself"],
        ),
        (
            [task("a", "zzz")],
            ["task 'a' requires 'zzz', which is not in the plan"],
        ),
        (
            [task("write-docs", "write-test"), task("write-tests")],
            [
                "task 'write-docs' requires 'write-test', which is not in the plan"
                " (did you mean 'write-tests'?)"
            ],
        ),
        (
            [task("docs", relates=["tets"]), task("tests")],
            ["task 'docs' relates to 'tets', which is not in the plan (did you mean tests?)"],
        ),
        (
            [task("a", "b"), task("b", "a")],
            ["tasks require each other in a cycle: a → b → a"],
        ),
        (
            [task("a", "b"), task("b", "c"), task("c", "a"), task("x", "y"), task("y", "x")],
            [
                "tasks require each other in a cycle: a → b → c → a",
                "tasks require each other in a cycle: x → y → x",
            ],
        ),
        (
            [task("a", relates=["b"]), task("b", relates=["a"])],
            [],
        ),
        (
            [task("a", modify=["../../etc/passwd", "ok.py", "/etc/passwd"])],
            [
                "task 'a' declares the file '../../etc/passwd': "
                "it contains .., which leads to a parent folder",
                "task 'a' declares the file '/etc/passwd': "
                "it is absolute; use a path relative to the project folder",
            ],
        ),
        (
            [
                task("a", modify=["/x"]).model_copy(
                    update={"defines": {"../b.py": ("f",), "ok.py": ("g",), "a\0.py": ("h",)}}
                )
            ],
            [
                "task 'a' declares the file '/x': "
                "it is absolute; use a path relative to the project folder",
                "task 'a' defines in '../b.py': it contains .., which leads to a parent folder",
                "task 'a' defines in 'a\\x00.py': it contains control characters",
            ],
        ),
        (
            [task("a", criteria=["c1", "c2", "c1"])],
            ["task 'a' has 2 criteria with the id 'c1'"],
        ),
    ],
)
def test_every_broken_rule_is_named(tasks: list[Task], expected: list[str]) -> None:
    check_problems(tasks, *expected)


@pytest.mark.promise("P1.strict")
def test_all_kinds_of_problems_are_named_at_once() -> None:
    tasks = [
        task("a", "a", "nobody", modify=["../x"], criteria=["c", "c"]),
        task("a"),
        task("A", "b"),
        task("b", "A"),
    ]
    found = " | ".join(plan_problems(tasks))
    for sign in ("used 2 times", "in case", "itself", "nobody", "cycle", "../x", "criteria"):
        assert sign in found
    assert len(plan_problems(tasks)) == 7


def test_a_circle_through_the_second_of_two_equal_ids_is_found_too() -> None:
    tasks = [task("a", "b"), task("b", "a"), task("b")]
    assert "tasks require each other in a cycle: a → b → a" in plan_problems(tasks)


def test_a_hopeless_tangle_is_cut_short() -> None:
    names = [f"t{number}" for number in range(40)]
    tangle = [task(name, *(each for each in names if each != name)) for name in names]
    problems = plan_problems(tangle)
    assert len(problems) == MOST_CYCLES + 1
    assert problems[-1] == "there may be more cycles; resolve these first"


NAMES = [f"t{number}" for number in range(8)]


@st.composite
def any_graphs(draw: st.DrawFn) -> list[Task]:
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    return [
        task(
            name,
            *draw(st.lists(st.sampled_from(names), unique=True, max_size=3)),
            priority=draw(st.sampled_from(Priority)),
            minutes=draw(st.none() | st.integers(1, 90)),
        )
        for name in names
    ]


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> list[Task]:
    """Draw tasks that only require ones before them, then shuffle."""
    tasks: list[Task] = []
    for name in NAMES[: draw(st.integers(0, len(NAMES)))]:
        former = [each.id for each in tasks]
        requires = draw(st.lists(st.sampled_from(former), unique=True)) if former else []
        drawn = (draw(st.sampled_from(Priority)), draw(st.none() | st.integers(1, 90)))
        tasks.append(task(name, *requires, priority=drawn[0], minutes=drawn[1]))
    return draw(st.permutations(tasks))


def walks(tasks: Sequence[Task], start: str) -> set[str]:
    """Return all that `start` leads to along `requires`, by following every arrow."""
    by_id = {each.id: each for each in tasks}
    seen: set[str] = set()
    stack = list(by_id[start].requires)
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            stack.extend(by_id[name].requires)
    return seen


@pytest.mark.promise("P1.strict")
@hypothesis.given(any_graphs())
def test_circles_are_named_exactly_when_there_are_some(tasks: list[Task]) -> None:
    by_id = {each.id: each for each in tasks}
    named = [
        re.sub(".*: ", "", each).split(" → ") for each in plan_problems(tasks) if "cycle" in each
    ]
    for circle in named:
        assert circle[0] == circle[-1]
        assert all(two in by_id[one].requires for one, two in itertools.pairwise(circle))
    really = any(
        each.id in walks([opened(other, {}) for other in tasks], each.id) for each in tasks
    )
    assert bool(named) == really
    # Opening each named circle at its first arrow leaves no other one.
    cut: dict[str, set[str]] = {}
    for circle in named:
        cut.setdefault(circle[0], set()).add(circle[1])
    mended = [opened(each, cut) for each in tasks]
    assert not [each for each in plan_problems(mended) if "cycle" in each]


def opened(each: Task, cut: dict[str, set[str]]) -> Task:
    """Return the task without the arrows in `cut` and without one to itself."""
    gone = cut.get(each.id, set()) | {each.id}
    return each.model_copy(update={"requires": tuple(r for r in each.requires if r not in gone)})


@pytest.mark.promise("P6")
@hypothesis.given(acyclic_graphs())
def test_waves_hold_every_task_once_as_early_as_it_may_run(tasks: list[Task]) -> None:
    groups = waves(tasks)
    number = {name: index for index, group in enumerate(groups) for name in group}
    assert sorted(each for group in groups for each in group) == sorted(t.id for t in tasks)
    for each in tasks:
        assert number[each.id] == max((number[r] + 1 for r in each.requires), default=0)
    given = [each.id for each in tasks]
    rank = {each.id: each.priority.rank for each in tasks}
    for group in groups:
        assert list(group) == sorted(group, key=lambda name: (rank[name], given.index(name)))


@hypothesis.given(acyclic_graphs())
def test_the_order_has_every_task_after_what_it_requires(tasks: list[Task]) -> None:
    order = topological_order(tasks)
    for each in tasks:
        assert all(order.index(r) < order.index(each.id) for r in each.requires)


@pytest.mark.promise("R8.blocked")
@hypothesis.given(acyclic_graphs())
def test_dependants_are_all_that_lead_to_the_task(tasks: list[Task]) -> None:
    for each in tasks:
        expected = {other.id for other in tasks if each.id in walks(tasks, other.id)}
        assert dependants(tasks, each.id) == expected


def all_paths(tasks: Sequence[Task], name: str) -> list[tuple[str, ...]]:
    (here,) = (each for each in tasks if each.id == name)
    before = [path for r in here.requires for path in all_paths(tasks, r)]
    return [(*path, name) for path in before or [()]]


@pytest.mark.promise("P6")
@hypothesis.given(acyclic_graphs())
def test_the_critical_path_is_the_longest_of_all_paths(tasks: list[Task]) -> None:
    minutes = {t.id: t.estimate.minutes if t.estimate else DEFAULT_MINUTES for t in tasks}
    lengths = {
        path: sum(minutes[each] for each in path) for t in tasks for path in all_paths(tasks, t.id)
    }
    made = estimate(tasks)
    assert made.total_minutes == sum(minutes.values())
    assert made.critical_minutes == max(lengths.values(), default=0)
    assert made.critical_minutes == lengths.get(made.critical_path, 0)
    assert made.waves == waves(tasks)
    assert made.estimated == sum(t.estimate is not None for t in tasks)


@pytest.mark.promise("W6")
def test_ten_thousand_tasks_in_a_row_are_ordered_without_recursion() -> None:
    chain = [task("t0"), *(task(f"t{n}", f"t{n - 1}") for n in range(1, 10_000))]
    assert not plan_problems(chain)
    assert topological_order(chain) == tuple(each.id for each in chain)
    assert len(dependants(chain, "t0")) == 9_999
