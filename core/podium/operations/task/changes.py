"""The changes of a task, as shown to a person who confirms it."""

from podium.entities.plans import load_plan
from podium.entities.tasks import load_progress
from podium.errors import GitError
from podium.gates.checkout import claim_states, save_checkout
from podium.model.events import Actor
from podium.model.plans import Plan, Task
from podium.model.progress import UNCHANGED, Evidence, TaskProgress, WordGiven
from podium.operations.confirmation import Fact
from podium.operations.engine import Engine
from podium.projects.repositories import open_repository
from podium.words import counted
from podium.workspace.values import FileStat


async def changes_of(
    engine: Engine, plan: Plan, task: Task, progress: TaskProgress
) -> tuple[FileStat, ...] | None:
    """Return the files that a task changed: since its claim, or in the commit of its run.

    Files of other claimed tasks are omitted. None if nothing is recorded about the task.
    """
    if progress.lease is None and not progress.commit:
        return None
    try:
        repository = await open_repository(engine.root)
        if progress.lease is None:
            parents = (await repository.change_of(progress.commit)).parents
            return (await repository.diff_stat(parents[0], progress.commit)).files
        saved = await claim_states(repository, plan.id, progress.lease.token)
        tip = saved[-1] if saved else await _save(engine, plan, task, progress.lease.token)
        found = await repository.diff_stat(progress.lease.checkpoint, tip)
    except (GitError, IndexError):
        return None
    others = others_files(engine, plan, task)
    return tuple(each for each in found.files if each.path not in others)


async def _save(engine: Engine, plan: Plan, task: Task, token: str) -> str:
    repository = await open_repository(engine.root)
    name = f"{token}-{engine.clock.now():%H%M%S%f}"
    return await save_checkout(repository, plan.id, name, f"After {plan.id}/{task.id}")


def others_files(engine: Engine, plan: Plan, task: Task) -> frozenset[str]:
    """Return the files of tasks on which others are working, except the files of this task."""
    progress = load_progress(engine.store, plan.id)
    held = [
        each
        for each in load_plan(engine.store, plan.id).tasks
        if each.id != task.id and progress.get(each.id, TaskProgress()).lease is not None
    ]
    return frozenset(path for each in held for path in each.files.all) - {*task.files.all}


def changes_fact(files: tuple[FileStat, ...] | None) -> Fact:
    """Return the fact that shows the size of the changes, and the files."""
    if files is None:
        return Fact(label="Changes", values=("not recorded",))
    added, deleted = sum(f.added or 0 for f in files), sum(f.deleted or 0 for f in files)
    total = f"{counted(len(files), 'file')} changed"
    lines = f", +{added} -{deleted}" if files else ""
    return Fact(label="Changes", values=(total + lines, *(_row(each) for each in files)))


def _row(file: FileStat) -> str:
    if file.added is None:
        return f"{file.path} (binary)"
    return f"{file.path} +{file.added} -{file.deleted or 0}"


def is_unchanged_confirmed(progress: TaskProgress) -> bool:
    """Return whether a person has confirmed that no file had to change."""
    return any(each.criterion == UNCHANGED and each.holds for each in progress.evidence)


def unchanged_word(engine: Engine, by: Actor) -> Evidence:
    """Return a person's word that no file had to change."""
    shown = WordGiven(text="no file had to change")
    return Evidence(criterion=UNCHANGED, shown=shown, by=by, at=engine.clock.now())
