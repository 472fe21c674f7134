"""Brings cached tasks up to date from the journal, without loading the engine.

Only changes that Podium itself committed to the progress and the definitions of known tasks are
applied, and only if the files have exactly that content. After any other change, the cache counts
as empty: only the engine can interpret an edit.
"""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from podium.app.kept.tasks import (
    Basis,
    KeptPlan,
    KeptTask,
    KeptTasks,
    basis_now,
    read_file_list,
    read_kept_tasks,
    write_kept_tasks,
)
from podium.errors import PathOutsideWorkspace
from podium.platform.filesystem import LocalFileSystem
from podium.store.disk.names import JOURNAL
from podium.store.disk.stamp import (
    FileList,
    has_content,
    hash_of_list,
    is_current,
    list_files,
    parse_list,
)

_PROGRESS = re.compile(r"plans/([^/]+)/status/([^/]+)\.json")
_TASK = re.compile(r"plans/([^/]+)/tasks/([^/]+)\.json")
_WITHOUT_EFFECT = re.compile(r"(?:sessions|findings)/.*\.json|plans/[^/]+/approval\.json")
_FINISHED = frozenset({"done", "skipped"})
_MOST_BYTES = 4 * 1024 * 1024
_HEADER = 9

_Document = dict[str, Any]
_Change = tuple[str | None, _Document | None]
"""The content hash of a document and the document; None if it was deleted."""


class _Unclear(Exception):
    """The changes are of a kind that only the engine can judge."""


def present_tasks(home: Path) -> KeptTasks | None:
    """Return the cached tasks of a store, with the changes since; None if that is not possible."""
    kept = read_kept_tasks(home)
    if kept is None or not kept.basis.has_same_settings():
        return None
    if is_current(kept.basis.stamp, f"{home}/.podium"):
        return kept
    basis, listed = basis_now(home), list_files(f"{home}/.podium")
    if basis is None or listed is None or hash_of_list(listed) != basis.stamp.signatures:
        return None
    plans = _changed_plans(kept, basis, parse_list(listed))
    if plans is None:
        return None
    present = KeptTasks(basis, kept.plan_ids, plans)
    write_kept_tasks(present, listed)
    return present


def _changed_plans(
    kept: KeptTasks, basis: Basis, present: FileList
) -> Mapping[str, KeptPlan] | None:
    """Return the cached plans with the changes since; None if only the engine can judge them.

    Args:
        kept: the cached tasks.
        basis: the state now.
        present: the files now.
    """
    root, former = f"{basis.home}/.podium", read_file_list(kept)
    if former is None:
        return None
    try:
        changes = _committed_changes(root, former, present)
        plans = _applied(kept.plans, changes)
        _check_files(root, changes, former, present)
        for path, known in kept.basis.stamp.contents.items():
            if path not in changes and not has_content(root, path, known):
                return None
    except (_Unclear, OSError, ValueError, KeyError, TypeError, PathOutsideWorkspace):
        return None
    return plans


def _committed_changes(root: str, former: FileList, present: FileList) -> dict[str, _Change]:
    """Return the last change of each document, from the lines that were added to the journal."""
    changes: dict[str, _Change] = {}
    sequence: int | None = None
    for line in _new_lines(root, former, present):
        record = _parse(line)
        if sequence is not None and record["seq"] != sequence + 1:
            raise _Unclear
        sequence = record["seq"]
        is_own = record["actor"]["kind"] != "external"
        if not is_own or any(each["kind"].startswith("store.") for each in record["ev"]):
            raise _Unclear
        changes.update({op["p"]: (op["after"], op["doc"]) for op in record["ops"]})
    return changes


def _new_lines(root: str, former: FileList, present: FileList) -> Iterator[bytes]:
    before, now = _segments(former), _segments(present)
    if not before or now[: len(before)] != before:
        raise _Unclear
    if any(former[path] != present[path] for path in before[:-1]):
        raise _Unclear
    last = before[-1]
    if former[last].inode != present[last].inode:
        raise _Unclear
    starts = {last: former[last].size}
    for path in now[len(before) - 1 :]:
        start, end = starts.get(path, 0), present[path].size
        if not 0 <= end - start <= _MOST_BYTES:
            raise _Unclear
        text = _part_of(f"{root}/{path}", start, end)
        if text and not text.endswith(b"\n"):
            raise _Unclear
        yield from text.split(b"\n")[:-1]


def _segments(files: FileList) -> list[str]:
    return sorted(path for path in files if path.startswith(f"{JOURNAL}/"))


def _part_of(path: str, start: int, end: int) -> bytes:
    fd = LocalFileSystem().open(path, os.O_RDONLY)
    try:
        return os.pread(fd, end - start, start)
    finally:
        os.close(fd)


def _parse(line: bytes) -> dict[str, Any]:
    body = line[_HEADER:]
    if line[:_HEADER] != b"%08x " % zlib.crc32(body):
        raise _Unclear
    record: dict[str, Any] = json.loads(body)
    return record


def _check_files(
    root: str, changes: Mapping[str, _Change], former: FileList, present: FileList
) -> None:
    """Check that exactly the committed documents changed, to exactly the committed contents."""
    changed = {path for path in {*former, *present} if former.get(path) != present.get(path)}
    changed = {path for path in changed if not path.startswith(f"{JOURNAL}/")}
    if not changed <= changes.keys():
        raise _Unclear
    for path, (after, _) in changes.items():
        content = LocalFileSystem().read(f"{root}/{path}")
        found = None if content is None else hashlib.sha256(content).hexdigest()
        if found != after:
            raise _Unclear


def _applied(
    plans: Mapping[str, KeptPlan], changes: Mapping[str, _Change]
) -> Mapping[str, KeptPlan]:
    rows = {name: {task.id: task for task in plan.tasks} for name, plan in plans.items()}
    for path, (_, document) in changes.items():
        progress, definition = _PROGRESS.fullmatch(path), _TASK.fullmatch(path)
        found = progress or definition
        if found is None:
            if _WITHOUT_EFFECT.fullmatch(path):
                continue
            raise _Unclear
        tasks = rows.get(found[1])
        if tasks is None:
            continue
        if definition is not None:
            if document is None:
                raise _Unclear
            tasks[found[2]] = _defined(tasks[found[2]], document)
        elif found[2] in tasks:
            tasks[found[2]] = _progressed(tasks[found[2]], document or {})
    return {name: replace(plan, tasks=_with_ready(rows[name])) for name, plan in plans.items()}


def _defined(row: KeptTask, document: _Document) -> KeptTask:
    files = document.get("files", {})
    paths = [path for kind in ("create", "modify", "delete") for path in files.get(kind, ())]
    return replace(
        row,
        title=document["title"],
        priority=document.get("priority", "normal"),
        role=document.get("role", "executor"),
        requires=tuple(document.get("requires", ())),
        files=tuple(paths),
    )


def _progressed(row: KeptTask, document: _Document) -> KeptTask:
    return replace(
        row,
        state=document.get("state", "pending"),
        percent=document.get("percent", 0),
        reason=document.get("reason", ""),
        note=document.get("note", ""),
    )


def _with_ready(rows: Mapping[str, KeptTask]) -> tuple[KeptTask, ...]:
    """Return a plan's tasks, each marked with whether it can start now."""
    return tuple(
        replace(row, ready=row.state == "pending" and _is_free(row, rows)) for row in rows.values()
    )


def _is_free(row: KeptTask, rows: Mapping[str, KeptTask]) -> bool:
    return all(rows[each].state in _FINISHED for each in row.requires)
