"""Presents a finding as facts for a model."""

from typing import Any

from podium.model.findings import Finding
from podium_mcp.sanitize import one_line


def finding_facts(finding: Finding) -> dict[str, Any]:
    """Return a finding's summary with its author, because the text is untrusted."""
    facts: dict[str, Any] = {
        "id": finding.id,
        "at": f"{finding.path}:{finding.range.start.line}",
        "severity": finding.severity,
        "message": one_line(finding.message, 400),
        "by": finding.said_by,
        "status": finding.status,
    }
    if finding.task_id:
        facts["task"] = f"{finding.plan_id}/{finding.task_id}"
    return facts | ({"reason": finding.reason} if finding.reason else {})
