"""Finds the attempt to which a finding belongs, and the attempt's folder."""

from collections.abc import Iterable
from pathlib import Path

from podium.errors import GitError
from podium.gates.names import GATE_MARK
from podium.model.findings import Finding
from podium.projects.repositories import open_repository
from podium.runs.context import attempt_folder

AttemptKey = tuple[str, str, int]
"""Run, task, and the number of the attempt."""


def attempt_of(finding: Finding) -> AttemptKey | None:
    """Return the attempt in which a gate raised a finding; None if it was not raised in a run."""
    if not finding.run_id or not finding.said_by.startswith(GATE_MARK):
        return None
    return (finding.run_id, finding.task_id, finding.attempt)


async def attempt_folders(
    root: Path, attempts: Iterable[AttemptKey]
) -> dict[AttemptKey, Path] | None:
    """Return the working folder of each attempt; None if git does not know it.

    Args:
        root: the project's folder.
        attempts: the attempts.
    """
    try:
        repository = await open_repository(root)
    except GitError:
        return None
    return {key: attempt_folder(repository, *key) for key in attempts}
