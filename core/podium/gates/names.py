"""Gate names as stored in results and findings."""

GATE_MARK = "gate:"
"""The prefix of gate names in a finding's `said_by`."""


AUDIT_GATE = "audit"
"""The gate that passes the auditor's blocking findings to the consultant."""


TEST_GATE = "test"
"""The gate that runs the project's tests."""


def criterion_gate(criterion_id: str) -> str:
    """Return the name of the gate that runs a criterion's command."""
    return f"criterion {criterion_id}"
