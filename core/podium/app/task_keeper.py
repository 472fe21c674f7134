"""Caches the tasks of a listed plan, see `kept_tasks`."""

import contextlib

from podium.app.kept_tasks import (
    Basis,
    KeptPlan,
    KeptTask,
    KeptTasks,
    kept_file,
    kept_tasks,
)
from podium.entities.plans import find_plan, plan_ids
from podium.entities.tasks import load_progress
from podium.operations.engine import Engine
from podium.operations.views import TaskRow, task_rows
from podium.platform.atomic_write import replace_file
from podium.platform.user_folders import cache_folder
from podium.ports.filesystem import PRIVATE_FILE


def keep_tasks(engine: Engine, before: Basis, plan: str) -> None:
    """Cache the tasks of a plan, unless something changed while they were read.

    A store with problems is not cached, so that every command reports them. Failure is harmless.

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
    if before.home == str(engine.home) and before.is_current():
        _write(engine, KeptTasks(before, ids, plans))


def _write(engine: Engine, kept: KeptTasks) -> None:
    path = kept_file(engine.home)
    with contextlib.suppress(OSError):
        replace_file(path, kept.as_json(), mode=PRIVATE_FILE, root=cache_folder())


def _kept(row: TaskRow) -> KeptTask:
    return KeptTask(**row.model_dump(mode="json"))
