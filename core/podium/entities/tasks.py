"""Finds tasks and reads their progress."""

from collections.abc import Mapping

from podium.entities.access import Reader
from podium.entities.plans import all_plans, find_plan
from podium.entities.references import check_complete
from podium.errors import TaskNotFound
from podium.model import layout
from podium.model.ids import Kind, resolve
from podium.model.plans import Plan, Task
from podium.model.progress import NOT_STARTED, TaskProgress
from podium.model.states import TaskState


def find_task(reader: Reader, id_or_prefix: str, plan: str = "") -> tuple[Plan, Task]:
    """Return a task by `plan/task`, or by task id in the newest plan that contains it.

    Raises:
        TaskNotFound: there is no such task.
        DocumentMissing: the file of the task, or of another task in its plan, was deleted.
        AmbiguousId: several tasks match.
    """
    if "/" in id_or_prefix:
        plan, _, id_or_prefix = id_or_prefix.partition("/")
    if plan:
        home = find_plan(reader, plan)
        return home, home.task(resolve(Kind.TASK, id_or_prefix, [task.id for task in home.tasks]))
    plans = all_plans(reader)
    for home in plans:
        names = [task.id for task in home.tasks]
        listed = {*names, *home.header.task_order}
        if id_or_prefix in listed or sum(name.startswith(id_or_prefix) for name in listed) == 1:
            check_complete(home.header, home.tasks)
            return home, home.task(resolve(Kind.TASK, id_or_prefix, names))
    every = [f"{home.id}/{task.id}" for home in plans for task in home.tasks]
    if not every:
        raise TaskNotFound("There is no task yet", hints=['podium plan "…" drafts a plan'])
    resolve(Kind.TASK, id_or_prefix, {name.split("/")[1] for name in every})
    raise TaskNotFound(f"There is no task {id_or_prefix!r}", hints=["podium tasks lists them"])


def load_progress(reader: Reader, plan_id: str) -> dict[str, TaskProgress]:
    """Return the progress of a plan's tasks by task id, without tasks that never started."""
    rows = reader.list(layout.progresses(plan_id))
    return {layout.name_of(path): row for path, row in rows.items()}


def task_states(plan: Plan, progress: dict[str, TaskProgress]) -> dict[str, TaskState]:
    """Return every task's state."""
    return {task.id: progress.get(task.id, NOT_STARTED).state for task in plan.tasks}


def recorded_commits(progress: Mapping[str, TaskProgress]) -> dict[str, str]:
    """Return the commits of the tasks that are done, by task."""
    return {
        each: row.commit
        for each, row in progress.items()
        if row.state is TaskState.DONE and row.commit
    }
