"""Which findings are about the work of an attempt, and where that work is."""

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
    """Return the attempt in which a gate found something; None when no gate of a run did."""
    if not finding.run_id or not finding.said_by.startswith(GATE_MARK):
        return None
    return (finding.run_id, finding.task_id, finding.attempt)


def active_runs(reader: Reader, run_ids: Iterable[str]) -> frozenset[str]:
    """Return the runs that have not ended."""
    return frozenset(each for each in run_ids if _is_active(reader, each))


async def attempt_folders(
    root: Path, attempts: Iterable[AttemptKey]
) -> dict[AttemptKey, Path] | None:
    """Return the folder that each attempt works in; None where git cannot tell.

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
