"""Locates findings in the current files of a project, including renamed files."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from podium.errors import GitError, NotARepository
from podium.findings.anchoring import Lost, anchors_of, place_in, under_path, version_of
from podium.findings.tracking import change_status
from podium.model import layout
from podium.model.findings import Finding
from podium.model.states import FINDING_MACHINE, FindingStatus
from podium.store import Transaction
from podium.syntax import SyntaxChecker
from podium.workspace.repository import Repository

_SECONDS = 2.0
"""Time limit for git's search for renamed files; a long history must not delay a list."""
_MOST_CANDIDATES = 1000


@dataclass(frozen=True)
class Relocated:
    """A finding and its current location.

    Args:
        before: the finding as stored.
        now: the finding at its current location, or lost.
    """

    before: Finding
    now: Finding | Lost


async def relocate(
    checker: SyntaxChecker, root: Path, findings: Sequence[Finding], *, patient: bool = False
) -> list[Relocated]:
    """Locate findings in the current files of a project, in the given order.

    Args:
        checker: used only if comparing lines is inconclusive.
        root: the project's root, to which paths are relative.
        findings: the findings, in any files.
        patient: whether to wait for git's search for renamed files, however long it takes; for
            callers that store the result.
    """
    rows: dict[str, list[Finding]] = {}
    for each in findings:
        rows.setdefault(each.path, []).append(each)
    renamed = await _renamed(root, rows, patient=patient)
    places: dict[str, Finding | Lost] = {}
    for path, in_file in rows.items():
        found = await _in_file(checker, root, renamed.get(path, path), in_file)
        places |= {each.id: place for each, place in zip(in_file, found, strict=True)}
    return [Relocated(each, places[each.id]) for each in findings]


async def follow_renames(root: Path, findings: Sequence[Finding]) -> list[Finding]:
    """Return findings under the current paths of their files; their lines are not looked for."""
    rows: dict[str, list[Finding]] = {}
    for each in findings:
        rows.setdefault(each.path, []).append(each)
    renamed = await _renamed(root, rows, patient=True)
    return [under_path(each, renamed.get(each.path, each.path)) for each in findings]


async def refresh_anchors(
    checker: SyntaxChecker, root: Path, relocated: Iterable[Relocated]
) -> list[Relocated]:
    """Return the moved findings with new anchors in the current files."""
    rows: list[Relocated] = []
    for each in relocated:
        match each.now:
            case Finding(anchor=anchor) as now if anchor is not None and now != each.before:
                text = await to_thread.run_sync(_read, root, now.path)
                renewed = now
                if text is not None and version_of(text) != anchor.version:
                    lines = (now.range.start.line,)
                    (new,) = await anchors_of(checker, now.path, text, lines)
                    renewed = now.model_copy(update={"anchor": new})
                rows.append(Relocated(each.before, renewed))
            case _:
                rows.append(each)
    return rows


def relocate_all(
    tx: Transaction, relocated: Iterable[Relocated], may_lose: Callable[[Finding], bool]
) -> None:
    """Store the current locations of findings; lost findings become stale.

    Args:
        tx: the transaction; findings that changed in the meantime are skipped.
        relocated: the findings and their current locations.
        may_lose: returns whether a lost finding becomes stale.
    """
    for each in relocated:
        if tx.get(layout.finding(each.before.id)) != each.before:
            continue
        match each.now:
            case Lost(finding, reason):
                kept = finding
                if FINDING_MACHINE.allows(finding.status, FindingStatus.STALE) and may_lose(
                    finding
                ):
                    kept = change_status(tx, finding, FindingStatus.STALE, reason)
            case Finding() as kept:
                pass
        if kept != each.before:
            tx.put(layout.finding(kept.id), kept)


async def _in_file(
    checker: SyntaxChecker, root: Path, path: str, findings: Sequence[Finding]
) -> list[Finding | Lost]:
    text = await to_thread.run_sync(_read, root, path)
    if text is None:
        return [Lost(each, f"{each.path} no longer exists") for each in findings]
    return await place_in(checker, path, text, findings)


async def _renamed(
    root: Path, findings: Mapping[str, Sequence[Finding]], *, patient: bool
) -> dict[str, str]:
    """Return the current paths of renamed files, by the paths under which findings are stored.

    Args:
        root: the project's root.
        findings: the findings by path.
        patient: whether to ignore the time limit.
    """
    missing = [path for path in findings if not _exists(root, path)]
    found: dict[str, str] = {}
    if missing:
        with anyio.move_on_after(None if patient else _SECONDS), suppress(NotARepository, GitError):
            repository = await Repository.discover(root)
            # Git's paths are relative to the top of the repository.
            folder = _real(root).relative_to(repository.root)
            at_top = {(folder / path).as_posix(): path for path in missing}
            renamed = await repository.renamed_files(at_top)
            found = {at_top[old]: at for old, new in renamed.items() if (at := _below(folder, new))}
            rest = {path: findings[path] for path in missing if path not in found}
            if rest:
                new = [at for each in await repository.new_files() if (at := _below(folder, each))]
                found |= await to_thread.run_sync(_by_content, root, rest, new)
    return found


def _below(folder: Path, path: str) -> str:
    """Return a path of the repository relative to the project; empty if it is elsewhere."""
    inside = Path(path).is_relative_to(folder)
    return Path(path).relative_to(folder).as_posix() if inside else ""


def _by_content(
    root: Path, findings: Mapping[str, Sequence[Finding]], new: Sequence[str]
) -> dict[str, str]:
    """Return the new files with exactly the content in which findings of missing files were seen.

    Git does not know the former names of files that were never committed.
    """
    versions: dict[str, list[str]] = {}
    for path in new[:_MOST_CANDIDATES]:
        if (text := _read(root, path)) is not None:
            versions.setdefault(version_of(text), []).append(path)
    found: dict[str, str] = {}
    for path, rows in findings.items():
        seen = {each.anchor.version for each in rows if each.anchor is not None}
        same = [at for version in seen for at in versions.get(version, ())]
        found |= {path: same[0]} if len(same) == 1 else {}
    return found


def _exists(root: Path, path: str) -> bool:
    return (root / path).is_file()


def _read(root: Path, path: str) -> bytes | None:
    """Read a file; return None if it does not exist or is outside the project."""
    file = root / path
    if not _real(file).is_relative_to(_real(root)):
        return None
    try:
        return file.read_bytes()
    except OSError:
        return None


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
