"""Caches the tasks of a listed plan, see `podium.app.kept.tasks`."""

from podium.app.kept.tasks import (
    Basis,
    KeptPlan,
    KeptTask,
    KeptTasks,
    kept_tasks,
    write_kept_tasks,
)
from podium.entities.plans import find_plan, plan_ids
from podium.entities.tasks import load_progress
from podium.operations.engine import Engine
from podium.operations.views import TaskRow, task_rows
from podium.store.disk.stamp import list_files


def keep_tasks(engine: Engine, before: Basis, plan: str) -> None:
    """Cache the tasks of a plan, unless something changed while they were read.

    A store with problems is not cached, so that every command reports them. A failure is harmless.

    Args:
        engine: the project.
        before: the state on which the list depends, determined before the project was opened.
        plan: the listed plan, in the form that `task.list` accepts.

    Raises:
        PodiumError: the plan cannot be read.
    """
    store = engine.store
    with store.consistent_read():
        ids = tuple(plan_ids(store))
        found = find_plan(store, plan)
        rows = task_rows(found, load_progress(store, found.id))
    if store.problems:
        return
    kept = KeptPlan(found.id, found.objective, tuple(map(_kept, rows)))
    earlier = kept_tasks(engine.home)
    plans = {**(earlier.plans if earlier else {}), found.id: kept}
    listed = list_files(f"{engine.home}/.podium")
    if listed and before.home == str(engine.home) and before.is_current():
        write_kept_tasks(KeptTasks(before, ids, plans), listed)


def _kept(row: TaskRow) -> KeptTask:
    return KeptTask(**row.model_dump(mode="json"))
