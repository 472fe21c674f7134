"""The rules of a plan's graph: problems, order, waves, the critical path."""

import graphlib
import operator
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from podium.errors import AmbiguousId, InvalidPlan, TaskNotFound
from podium.model.base import Frozen
from podium.model.ids import Kind, resolve
from podium.model.paths import path_problem
from podium.model.plans import Task
from podium.model.rules.task_fields import TASK_FIELDS, FieldKind, names_by_file

DEFAULT_MINUTES = 30.0
"""Assumed duration of a task without an estimate."""

_VERB = {"requires": "requires", "relates": "relates to"}

MOST_CYCLES = 20
"""Maximum number of cycles to report at once."""


_recently_sound: tuple[Task, ...] = ()
"""The tasks that last passed all rules, because one command checks the same plan repeatedly."""


def plan_problems(tasks: Sequence[Task]) -> tuple[str, ...]:
    """Return the rules that a set of tasks violates, one sentence each.

    Covers duplicate ids, unknown dependencies, dependencies on the task itself, cycles, paths
    outside the project and duplicate criteria.
    """
    global _recently_sound
    same = len(_recently_sound) == len(tasks) and all(map(operator.is_, _recently_sound, tasks))
    if same:
        return ()
    problems = (
        *_duplicate_ids(tasks),
        *_unknown_dependencies(tasks),
        *_cycles(tasks),
        *_bad_paths(tasks),
        *_duplicate_criteria(tasks),
    )
    if not problems:
        _recently_sound = tuple(tasks)
    return problems


def check_tasks(tasks: Sequence[Task]) -> None:
    """Check a set of tasks.

    Raises:
        InvalidPlan: lists every problem.
    """
    if problems := plan_problems(tasks):
        raise InvalidPlan(problems, hints=["correct them and submit the plan again"])


def topological_order(tasks: Sequence[Task]) -> tuple[str, ...]:
    """Return the ids so that each task follows its requirements; ties by priority, then position.

    The tasks must have passed `check_tasks`.
    """
    return tuple(each for wave in waves(tasks) for each in wave)


def waves(tasks: Sequence[Task]) -> tuple[tuple[str, ...], ...]:
    """Return the ids in groups of tasks that may run at the same time."""
    place = {task.id: (task.priority.rank, index) for index, task in enumerate(tasks)}
    requires = {task.id: task.requires for task in tasks}
    levels = _levels(requires)
    if sum(map(len, levels)) < len(requires):
        graphlib.TopologicalSorter(requires).prepare()  # raises an error that names the cycle
    return tuple(tuple(sorted(level, key=place.__getitem__)) for level in levels)


def _levels(requires: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Return the ids in groups, each of which requires only ids of earlier groups.

    Ids in a cycle, and those that require them, are in no group.
    """
    followers: dict[str, list[str]] = {}
    missing: dict[str, int] = {}
    for task_id, before in requires.items():
        missing[task_id] = len(before)
        for each in before:
            followers.setdefault(each, []).append(task_id)
    levels: list[list[str]] = []
    level = [task_id for task_id, count in missing.items() if not count]
    while level:
        levels.append(level)
        level = list[str]()
        for follower in (each for done in levels[-1] for each in followers.get(done, ())):
            missing[follower] -= 1
            if not missing[follower]:
                level.append(follower)
    return levels


def dependants(tasks: Iterable[Task], task_id: str) -> frozenset[str]:
    """Return every task that requires `task_id`, directly or indirectly."""
    followers: dict[str, list[str]] = {}
    for task in tasks:
        for each in task.requires:
            followers.setdefault(each, []).append(task.id)
    found: set[str] = set()
    edge = [task_id]
    while edge:
        fresh = [each for each in followers.get(edge.pop(), []) if each not in found]
        found.update(fresh)
        edge.extend(fresh)
    return frozenset(found)


def remaining_minutes(tasks: Sequence[Task], took: Mapping[str, float]) -> dict[str, float]:
    """Return, by task, the minutes of the longest path from its start to the end of the plan.

    The duration of a task is its estimate, or else the time that it took in past runs, or else one
    minute. Tasks that require each other in a cycle, which `check_tasks` rejects, are counted
    without the tasks that follow them.

    Args:
        tasks: the tasks; requirements outside the set are ignored.
        took: the minutes that tasks took in past runs, by id.
    """
    own = {t.id: t.estimate.minutes if t.estimate else took.get(t.id, 1.0) for t in tasks}
    requires = {t.id: {each for each in t.requires if each in own} for t in tasks}
    followers = Counter(each for before in requires.values() for each in before)
    longest = dict(own)
    last = [each for each in own if not followers[each]]
    while last:
        task_id = last.pop()
        for each in requires[task_id]:
            longest[each] = max(longest[each], own[each] + longest[task_id])
            followers[each] -= 1
            if not followers[each]:
                last.append(each)
    return longest


class PlanEstimate(Frozen):
    """The estimated duration of a plan."""

    total_minutes: float
    critical_minutes: float
    critical_path: tuple[str, ...]
    waves: tuple[tuple[str, ...], ...]
    estimated: int
    """Number of tasks with their own estimate; the others count as 30 minutes each."""


def estimate(tasks: Sequence[Task]) -> PlanEstimate:
    """Return the total, the critical path and the waves; the tasks must have passed
    `check_tasks`."""
    minutes = {t.id: t.estimate.minutes if t.estimate else DEFAULT_MINUTES for t in tasks}
    requires = {task.id: task.requires for task in tasks}
    groups = waves(tasks)
    paths = _LongestPaths(minutes)
    for task_id in (each for group in groups for each in group):
        paths.add(task_id, requires[task_id])
    critical = paths.longest(minutes)
    return PlanEstimate(
        total_minutes=sum(minutes.values()),
        critical_minutes=paths.minutes[critical] if critical else 0.0,
        critical_path=paths.path_to(critical),
        waves=groups,
        estimated=sum(task.estimate is not None for task in tasks),
    )


class _LongestPaths:
    """The longest path to each task, found in topological order.

    Args:
        own: the minutes of each task.
    """

    def __init__(self, own: Mapping[str, float]) -> None:
        self._own = own
        self._before: dict[str, str] = {}
        self.minutes: dict[str, float] = {}

    def add(self, task_id: str, requires: Iterable[str]) -> None:
        """Add a task; all its requirements must have been added before."""
        self._before[task_id] = before = self.longest(requires)
        self.minutes[task_id] = self._own[task_id] + (self.minutes[before] if before else 0.0)

    def longest(self, among: Iterable[str]) -> str:
        """Return the task at the end of the longest path; the path with later names wins a tie."""
        found = ""
        for each in among:
            further = self.minutes[each] - (self.minutes[found] if found else -1.0)
            if further > 0 or (further == 0 and self.path_to(each) > self.path_to(found)):
                found = each
        return found

    def path_to(self, task_id: str) -> tuple[str, ...]:
        """Return the longest path to a task, which is its last element."""
        path: list[str] = []
        while task_id:
            path.append(task_id)
            task_id = self._before[task_id]
        return tuple(reversed(path))


def _duplicate_ids(tasks: Sequence[Task]) -> list[str]:
    counts = Counter(task.id for task in tasks)
    folded = Counter(name.lower() for name in counts)
    same = [
        f"task id {name!r} is used {count} times" for name, count in counts.items() if count > 1
    ]
    case = [
        f"task ids {', '.join(repr(n) for n in counts if n.lower() == name)} differ only in case"
        for name, count in folded.items()
        if count > 1
    ]
    return same + case


def _unknown_dependencies(tasks: Sequence[Task]) -> list[str]:
    known = {task.id for task in tasks}
    problems: list[str] = []
    for task in tasks:
        if known.issuperset((*task.requires, *task.relates)) and not _names_itself(task):
            continue
        edges = (
            *(("requires", on) for on in task.requires),
            *(("relates", on) for on in task.relates),
        )
        for kind, on in edges:
            if on == task.id:
                problems.append(f"task {task.id!r} {_VERB[kind]} itself")
            elif on not in known:
                problems.append(
                    f"task {task.id!r} {_VERB[kind]} {on!r}, which is not in the plan"
                    f"{_did_you_mean(on, known)}"
                )
    return problems


def _names_itself(task: Task) -> bool:
    return task.id in task.requires or task.id in task.relates


def _did_you_mean(wanted: str, known: set[str]) -> str:
    try:
        return f" (did you mean {resolve(Kind.TASK, wanted, known)!r}?)"
    except (TaskNotFound, AmbiguousId) as error:
        nearest = [hint for hint in error.hints if hint.startswith("did you mean")]
        return f" ({nearest[0]})" if nearest else ""


def _cycles(tasks: Sequence[Task]) -> list[str]:
    """Return one sentence per cycle; remove an edge of each cycle that is found."""
    whole = {task.id: task.requires for task in tasks}
    if sum(map(len, _levels(whole))) == len(tasks):
        return []
    # Dictionaries serve as ordered sets, so that the same plan always gets the same messages.
    edges: dict[str, dict[str, None]] = {task.id: {} for task in tasks}
    for task in tasks:
        own = (each for each in task.requires if each in edges and each != task.id)
        edges[task.id].update(dict.fromkeys(own))
    problems: list[str] = []
    while len(problems) < MOST_CYCLES:
        try:
            graphlib.TopologicalSorter(edges).prepare()
        except graphlib.CycleError as error:
            # The sorter reports cycles in reverse: each node requires the previous one.
            cycle = list(reversed(error.args[1]))
            problems.append("tasks require each other in a cycle: " + " → ".join(cycle))
            del edges[cycle[0]][cycle[1]]
        else:
            return problems
    return [*problems, "there may be more cycles; resolve these first"]


def _bad_paths(tasks: Sequence[Task]) -> list[str]:
    by_file = [each for each in TASK_FIELDS if each.kind is FieldKind.NAMES_BY_FILE]
    named = [
        (task.id, verb, path)
        for task in tasks
        for verb, paths in (
            ("declares the file", task.files.all),
            *((f"{each.name} in", names_by_file(each, task)) for each in by_file),
        )
        for path in paths
    ]
    return [
        f"task {task_id!r} {verb} {path!r}: {problem}"
        for task_id, verb, path in named
        if (problem := path_problem(path)) is not None
    ]


def _duplicate_criteria(tasks: Sequence[Task]) -> list[str]:
    return [
        f"task {task.id!r} has {count} criteria with the id {name!r}"
        for task in tasks
        if task.acceptance
        for name, count in Counter(each.id for each in task.acceptance).items()
        if count > 1
    ]
