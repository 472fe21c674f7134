"""Locates findings in the current files of a project, including renamed files."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from podium.errors import GitError, NotARepository
from podium.findings.anchoring import Lost, anchors_of, place_in, version_of
from podium.findings.tracking import change_status
from podium.model import layout
from podium.model.findings import Finding
from podium.model.states import FINDING_MACHINE, FindingStatus
from podium.store import Transaction
from podium.syntax import SyntaxChecker
from podium.workspace.repository import Repository

_SECONDS = 2.0
"""Time limit for git's search for a renamed file; a long history must not delay a list."""


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
    checker: SyntaxChecker, root: Path, findings: Sequence[Finding]
) -> list[Relocated]:
    """Locate findings in the current files of a project, in the given order.

    Args:
        checker: used only if comparing lines is inconclusive.
        root: the project's root, to which paths are relative.
        findings: the findings, in any files.
    """
    places: dict[str, Finding | Lost] = {}
    for path in dict.fromkeys(each.path for each in findings):
        rows = [each for each in findings if each.path == path]
        found = await _in_file(checker, root, path, rows)
        places |= {each.id: place for each, place in zip(rows, found, strict=True)}
    return [Relocated(each, places[each.id]) for each in findings]


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
    now = path
    if text is None:
        renamed = await _renamed_to(root, path)
        text = await to_thread.run_sync(_read, root, renamed) if renamed else None
        now = renamed or path
    if text is None:
        return [Lost(each, f"{path} no longer exists") for each in findings]
    return await place_in(checker, now, text, findings)


async def _renamed_to(root: Path, path: str) -> str | None:
    """Return a renamed file's new path; None if git does not find it within the time limit."""
    with anyio.move_on_after(_SECONDS):
        try:
            repository = await Repository.discover(root)
            # Git's paths are relative to the top of the repository.
            folder = _real(root).relative_to(repository.root)
            found = await repository.renamed_to((folder / path).as_posix())
        except (NotARepository, GitError):
            return None
        if found is not None and Path(found).is_relative_to(folder):
            return Path(found).relative_to(folder).as_posix()
    return None


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
