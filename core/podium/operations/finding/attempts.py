"""Finds the attempt that a finding belongs to, and the folder of the attempt."""

from collections.abc import Iterable
from pathlib import Path

from podium.entities.access import Reader
from podium.entities.runs import load_run
from podium.errors import GitError, RunNotFound
from podium.gates.names import GATE_MARK
from podium.model.findings import Finding
from podium.model.runs import END_STATES
from podium.runs.context import attempt_folder
from podium.workspace.repository import Repository

AttemptKey = tuple[str, str, int]
"""Run, task, and the number of the attempt."""


def attempt_of(finding: Finding) -> AttemptKey | None:
    """Return the attempt in which a gate raised a finding; None if no gate of a run did."""
    if not finding.run_id or not finding.said_by.startswith(GATE_MARK):
        return None
    return (finding.run_id, finding.task_id, finding.attempt)


def active_runs(reader: Reader, run_ids: Iterable[str]) -> frozenset[str]:
    """Return the active runs."""
    return frozenset(each for each in run_ids if _is_active(reader, each))


async def attempt_folders(
    root: Path, attempts: Iterable[AttemptKey]
) -> dict[AttemptKey, Path] | None:
    """Return the working folder of each attempt; None if git does not know it.

    Args:
        root: the project's folder.
        attempts: the attempts.
    """
    try:
        repository = await Repository.discover(root)
    except GitError:
        return None
    return {key: attempt_folder(repository, *key) for key in attempts}


def _is_active(reader: Reader, run_id: str) -> bool:
    try:
        return load_run(reader, run_id).state not in END_STATES
    except RunNotFound:
        return False
