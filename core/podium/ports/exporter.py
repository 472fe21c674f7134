"""The interface of formats for plans and findings that packages add.

The entry point's name is the name of the format.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from podium.model.findings import Finding
from podium.model.plans import Plan
from podium.model.progress import TaskProgress

PLANS_GROUP = "podium.plan_exporters"
FINDINGS_GROUP = "podium.finding_exporters"


class PlanExporter(Protocol):
    """Formats a plan."""

    def __call__(self, plan: Plan, progress: Mapping[str, TaskProgress]) -> str:
        """Return the whole document; `progress` contains the started tasks, by id."""
        ...


class FindingExporter(Protocol):
    """Formats findings."""

    def __call__(self, findings: Sequence[Finding]) -> str:
        """Return the whole document."""
        ...
