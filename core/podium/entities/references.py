"""Every reference from one document to another, and the documents that are missing.

A person, an editor or `git stash` may delete any file. Podium's own deletions leave no reference
that is needed for reading.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from podium.entities.access import Reader, Writer
from podium.errors import DocumentMissing
from podium.model import layout
from podium.model.base import Frozen
from podium.model.documents import Folder, Key
from podium.model.plans import PlanHeader, Task
from podium.model.progress import TaskProgress
from podium.model.runs import END_STATES, Run
from podium.model.states import Phase, TaskState
from podium.store.disk.layout import compile_pattern

D = TypeVar("D", bound=Frozen)

Documents = Mapping[str, Frozen]
"""All documents by path."""

_SHOWN = 3


@dataclass(frozen=True)
class Reference(Generic[D]):
    """A kind of reference.

    Args:
        name: the relation to the other document, as text that follows the holder's path in
            messages.
        holders: the documents that refer.
        targets: returns the paths that a document refers to; receives the segments of the
            document's own path.
        is_needed: whether the holder cannot be shown without the other document.
        without: a function that returns the holder without the reference, or None to delete the
            holder; None instead of a function if the reference cannot be removed.
    """

    name: str
    holders: Folder[D]
    targets: Callable[[D, Sequence[str], Documents], Iterable[str]]
    is_needed: bool = False
    without: Callable[[D, str], D | None] | None = None


@dataclass(frozen=True)
class Missing:
    """A document that others refer to, but that does not exist.

    Args:
        path: relative to `.podium`.
        reasons: the references to it, one sentence each.
        is_needed: whether something cannot be shown without it.
        is_removable: whether all references to it can be removed.
    """

    path: str
    reasons: tuple[str, ...]
    is_needed: bool
    is_removable: bool


def _plan(plan_id: str) -> tuple[str, ...]:
    return (layout.plan_header(plan_id).path,) if plan_id else ()


def _task(plan_id: str, task_id: str) -> tuple[str, ...]:
    return (layout.task(plan_id, task_id).path,) if plan_id and task_id else ()


def _run(run_id: str) -> tuple[str, ...]:
    return (layout.run(run_id).path,) if run_id else ()


def _session(session_id: str) -> tuple[str, ...]:
    return (layout.session(session_id).path,) if session_id else ()


def _in_order(header: PlanHeader, at: Sequence[str], _: Documents) -> Iterable[str]:
    return [layout.task(at[1], each).path for each in header.task_order]


def _out_of_order(header: PlanHeader, path: str) -> PlanHeader:
    name = layout.name_of(path)
    return header.model_copy(
        update={"task_order": tuple(each for each in header.task_order if each != name)}
    )


def _dependencies(task: Task, at: Sequence[str], _: Documents) -> Iterable[str]:
    return [layout.task(at[1], each).path for each in (*task.requires, *task.relates)]


def _independent(task: Task, path: str) -> Task:
    name = layout.name_of(path)
    return task.model_copy(
        update={
            "requires": tuple(each for each in task.requires if each != name),
            "relates": tuple(each for each in task.relates if each != name),
        }
    )


def _steps_of_run(progress: TaskProgress, at: Sequence[str], _: Documents) -> Iterable[str]:
    """Return the task's record in the run that works or worked on it."""
    has_begun = progress.run_id and progress.state in {TaskState.RUNNING, TaskState.DONE}
    return [layout.task_run(progress.run_id, at[3]).path] if has_begun else []


def _records_of_run(run: Run, _: Sequence[str], __: Documents) -> Iterable[str]:
    """Return the task records of an ended run, in which every task has one."""
    ended = run.state in END_STATES
    return [layout.task_run(run.id, each).path for each in run.task_ids] if ended else []


def _without(**fields: str) -> Callable[[Any, str], Any]:
    """Return a function that empties fields."""

    def clear(holder: Frozen, _: str) -> Frozen:
        return holder.model_copy(update=fields)

    return clear


def _part_of(owner: str) -> Callable[[Frozen, Sequence[str], Documents], Iterable[str]]:
    """Return a function that returns the document to which another document's folder belongs."""
    return lambda _, at, __: [f"{at[0]}/{at[1]}/{owner}"]


def _progress_of(_: Frozen, at: Sequence[str], documents: Documents) -> Iterable[str]:
    """Return the progress of a task that was done in a run."""
    run, record = documents.get(layout.run(at[1]).path), documents.get("/".join(at) + ".json")
    if not isinstance(run, Run) or getattr(record, "phase", None) is not Phase.DONE:
        return []
    return [layout.progress(run.plan_id, at[3]).path]


_SHAPES = {each.pattern: each for each in layout.SHAPES}
_PROGRESS: Folder[TaskProgress] = Folder("plans/*/status/*.json", TaskProgress)

REFERENCES: tuple[Reference[Any], ...] = (
    Reference("lists it", layout.plan_headers(), _in_order, is_needed=True, without=_out_of_order),
    Reference(
        "depends on it", layout.all_tasks(), _dependencies, is_needed=True, without=_independent
    ),
    *(
        Reference("belongs to it", _SHAPES[pattern], _part_of(owner), is_needed=True)
        for pattern, owner in (
            ("plans/*/tasks/*.json", "plan.json"),
            ("plans/*/status/*.json", "plan.json"),
            ("plans/*/approval.json", "plan.json"),
            ("runs/*/tasks/*.json", "run.json"),
            ("runs/*/intent.json", "run.json"),
            ("sessions/*/thoughts/*.json", "session.json"),
            ("sessions/*/messages/*.json", "session.json"),
        )
    ),
    Reference(
        "is its progress",
        _PROGRESS,
        lambda _, at, __: _task(at[1], at[3]),
        without=lambda _, __: None,
    ),
    Reference("was done in it", _PROGRESS, _steps_of_run),
    Reference(
        "was done in it",
        _PROGRESS,
        lambda progress, _, __: _run(progress.run_id),
        without=_without(run_id=""),
    ),
    Reference(
        "was done in it",
        _PROGRESS,
        lambda progress, _, __: _session(progress.session_id),
        without=_without(session_id=""),
    ),
    Reference(
        "was planned in it",
        layout.plan_headers(),
        lambda header, _, __: _session(header.session_id),
        without=_without(session_id=""),
    ),
    Reference("runs it", layout.runs(), lambda run, _, __: _plan(run.plan_id)),
    Reference("has it as a task", layout.runs(), _records_of_run),
    Reference("has done its task", layout.all_task_runs(), _progress_of),
    Reference(
        "is nested in it",
        layout.sessions(),
        lambda session, _, __: _session(session.parent_id),
        without=_without(parent_id=""),
    ),
    Reference(
        "is about it",
        layout.sessions(),
        lambda session, _, __: _plan(session.plan_id),
        without=_without(plan_id="", task_id=""),
    ),
    Reference(
        "is about it",
        layout.sessions(),
        lambda session, _, __: _task(session.plan_id, session.task_id),
        without=_without(task_id=""),
    ),
    Reference(
        "was found in it",
        layout.findings(),
        lambda finding, _, __: _plan(finding.plan_id),
        without=_without(plan_id="", task_id=""),
    ),
    Reference(
        "was found in it",
        layout.findings(),
        lambda finding, _, __: _task(finding.plan_id, finding.task_id),
        without=_without(task_id=""),
    ),
    Reference(
        "was found in it",
        layout.findings(),
        lambda finding, _, __: _run(finding.run_id),
        without=_without(run_id=""),
    ),
    Reference(
        "is about it",
        layout.questions(),
        lambda question, _, __: _run(question.run_id),
        without=lambda _, __: None,
    ),
)
"""Every reference that can dangle."""


def missing_documents(reader: Reader) -> list[Missing]:
    """Return the documents that others refer to, but that do not exist, by path.

    Raises:
        StorageError: a document is unreadable; repair it first.
    """
    documents: dict[str, Frozen] = {}
    for shape in layout.SHAPES:
        documents |= reader.list(shape)
    found: dict[str, list[tuple[str, Reference[Any]]]] = {}
    for holder, reference, target in _all_references(documents):
        if target not in documents:
            found.setdefault(target, []).append((holder, reference))
    return [_missing(path, found[path]) for path in sorted(found)]


def remove_references(writer: Writer, path: str) -> list[str]:
    """Remove all references to a missing document; return the changed documents."""
    documents: dict[str, Frozen] = {}
    for shape in layout.SHAPES:
        documents |= writer.list(shape)
    changed: list[str] = []
    for holder, reference, target in _all_references(dict(documents)):
        if target != path or reference.without is None or holder not in documents:
            continue
        key = Key(holder, reference.holders.type)
        after = reference.without(documents[holder], path)
        changed.append(holder)
        if after is None:
            writer.delete(key)
            del documents[holder]
        else:
            writer.put(key, after)
            documents[holder] = after
    return changed


def _all_references(documents: Documents) -> Iterable[tuple[str, Reference[Any], str]]:
    for reference in REFERENCES:
        pattern = compile_pattern(reference.holders.pattern)
        for path in filter(pattern.fullmatch, documents):
            at = path.removesuffix(".json").split("/")
            for target in reference.targets(documents[path], at, documents):
                yield path, reference, target


def _missing(path: str, references: Sequence[tuple[str, Reference[Any]]]) -> Missing:
    return Missing(
        path=path,
        reasons=tuple(f"{holder} {each.name}" for holder, each in references),
        is_needed=any(each.is_needed for _, each in references),
        is_removable=all(each.without is not None for _, each in references),
    )


def is_complete(header: PlanHeader, tasks: Iterable[Task]) -> bool:
    """Return whether every task that a plan or one of its tasks names exists."""
    try:
        check_complete(header, tasks)
    except DocumentMissing:
        return False
    return True


def check_complete(header: PlanHeader, tasks: Iterable[Task]) -> None:
    """Check that every task that a plan or one of its tasks names exists.

    Raises:
        DocumentMissing: one does not.
    """
    known = {task.id: task for task in tasks}
    wanted = dict.fromkeys(reversed(header.task_order), "the plan lists it")
    for task in known.values():
        for each in (*task.requires, *task.relates):
            wanted.setdefault(each, f"{task.id} depends on it")
    gone = [each for each in wanted if each not in known]
    if gone:
        paths = [layout.task(header.id, each).path for each in gone]
        raise document_missing(f"plan {header.id}", paths, wanted[gone[0]])


def check_not_orphaned(reader: Reader, parts: Folder[Frozen], owner: str, name: str) -> None:
    """Check that no parts of a missing document are left behind.

    Args:
        reader: the store.
        parts: the documents that belong to such documents, for instance `plans/*/tasks/*.json`.
        owner: the file name of such a document, for instance `plan.json`.
        name: the id of the document; empty if no id was given and there is none at all.

    Raises:
        DocumentMissing: parts of it exist.
    """
    for path in reader.list(parts):
        folder, found, *_ = path.split("/")
        if name in ("", found):
            raise document_missing(found, [f"{folder}/{found}/{owner}"], f"{path} belongs to it")


def document_missing(subject: str, paths: Sequence[str], why: str) -> DocumentMissing:
    """Return the error that names missing documents and the ways to restore them.

    Args:
        subject: the object that cannot be shown.
        paths: the missing documents, relative to `.podium`.
        why: the reference to the first one.
    """
    files = ", ".join(f".podium/{each}" for each in paths[:_SHOWN])
    if len(paths) > _SHOWN:
        files += f" and {len(paths) - _SHOWN} more"
    return DocumentMissing(
        f"{subject[:1].upper()}{subject[1:]} cannot be shown, because {files} is missing",
        why=f"{why}, but the file was deleted outside Podium, or never existed",
        hints=[
            f"podium recover {paths[0]}",
            f"git checkout -- .podium/{paths[0]}",
            "git stash pop, if the file was stashed",
            "podium snapshots lists the states that can be restored",
        ],
    )
