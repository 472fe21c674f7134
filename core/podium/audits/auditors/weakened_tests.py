"""Finds changes that weaken tests, or switch off a check in the settings of a tool."""

from collections.abc import Iterable
from dataclasses import dataclass

from podium.gates.weakened.change import CATEGORY, weakened_tests
from podium.model.findings import Observation, Severity
from podium.ports.auditor import AuditedFile

NAME = "tests"


@dataclass(frozen=True)
class WeakenedTestsAuditor:
    """Finds changes that weaken tests, or switch off a check."""

    name: str = NAME
    reads_large_files: bool = False

    async def audit(self, file: AuditedFile) -> Iterable[Observation]:
        """Return what the change of a file weakens; nothing without a base."""
        if file.base is None or file.is_binary:
            return ()
        return tuple(
            file.observe(
                NAME, CATEGORY, Severity.WARNING, each.message, file.filled_range(each.line)
            )
            for each in weakened_tests(file.path, file.base, file.text)
        )
