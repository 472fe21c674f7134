"""Finds and restores documents that were deleted outside Podium although others refer to them.

Documents that Podium itself deleted or archived are not reported, unless a plan, a run or a session
cannot be shown without them.
"""

from collections.abc import Collection
from functools import partial
from pathlib import Path

from podium.entities.references import Missing, missing_documents, remove_references
from podium.errors import GitError, StorageError
from podium.model.base import canonical_text, content_hash
from podium.model.events import Event, EventKind
from podium.store import Store, Transaction
from podium.store.documents.repair import difference
from podium.store.maintenance.deleted import Deleted
from podium.store.maintenance.recovery import RESTORE, Diagnosis, Remedy
from podium.workspace.repository import Repository

DROP = "drop"
_STASHES = ("refs/stash", "refs/stash^3")
"""The commits in which the latest stash contains tracked and untracked files."""


async def diagnose_missing(store: Store, home: Path) -> list[Diagnosis]:
    """Return the missing documents with their remedies; none while other documents are damaged.

    Args:
        store: the project's store.
        home: the folder that contains `.podium`.

    Raises:
        StorageError: the journal is unreadable.
    """
    try:
        missing = missing_documents(store)
    except StorageError:
        return []
    if not missing:
        return []
    deleted = store.recovery.find_deleted([each.path for each in missing])
    shown = [each for each in missing if each.is_needed or deleted[each.path].outside]
    commands = await _git_commands(home, [each.path for each in shown])
    return [_diagnosis(each, deleted[each.path], commands.get(each.path, ())) for each in shown]


def repair_missing(store: Store, path: str, remedy: str) -> None:
    """Apply the remedy that a person confirmed.

    Args:
        store: the project's store.
        path: the missing document.
        remedy: `restore` or `drop`.

    Raises:
        NotFoundError: no copy of its content exists.
        WriteConflict: it exists again.
        StorageError: the store is not writable.
    """
    if remedy == DROP:
        store.transact(partial(_drop, path))
    else:
        store.recovery.bring_back(path)


def _drop(path: str, tx: Transaction) -> None:
    changed = remove_references(tx, path)
    message = f"references removed from {', '.join(changed)}"
    tx.record(Event(kind=EventKind.RESTORED, subject=path, message=message))


def _diagnosis(missing: Missing, deleted: Deleted, git: tuple[str, ...]) -> Diagnosis:
    remedies: list[Remedy] = []
    commands = list(git)
    if deleted.document is not None:
        text = canonical_text(deleted.document)
        explanation = "writes the last saved content again"
        remedies.append(Remedy(RESTORE, explanation, difference("", text)))
        if deleted.sequence is not None:
            commands.append(f"podium restore {deleted.sequence} --below {missing.path}")
    if missing.is_removable:
        remedies.append(Remedy(DROP, "accepts the deletion: removes the references to the file"))
    how = "was deleted outside Podium" if deleted.outside else "is missing"
    return Diagnosis(
        path=missing.path,
        reason=f"{how}: {'; '.join(missing.reasons)}",
        kept="",
        remedies=tuple(remedies),
        token=content_hash(["missing", missing.path, *missing.reasons]),
        is_missing=True,
        commands=tuple(commands) or (f"git log --all -- .podium/{missing.path}",),
    )


async def _git_commands(home: Path, paths: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the git commands that restore documents, by path."""
    try:
        repository = await Repository.discover(home)
        folder = (home / ".podium").resolve().relative_to(repository.root.resolve())
        found = {each: await _git_command(repository, folder, each) for each in paths}
    except (GitError, ValueError):
        return {}
    return {path: (command,) for path, command in found.items() if command}


async def _git_command(repository: Repository, folder: Path, path: str) -> str:
    in_repository = (folder / path).as_posix()
    if await repository.file_at("HEAD", in_repository) is not None:
        return f"git checkout HEAD -- .podium/{path}"
    for each in _STASHES:
        is_stash = await repository.find_commit(each) is not None
        if is_stash and await repository.file_at(each, in_repository) is not None:
            return "git stash pop"
    return ""
