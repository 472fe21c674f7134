"""Names of gates, as they are stored in results and findings."""

GATE_MARK = "gate:"
"""How the name of a gate begins where it says who found something."""


AUDIT_GATE = "audit"
"""The gate by which what an auditor found goes to the consultant."""


def criterion_gate(criterion_id: str) -> str:
    """Return the name of the gate that runs a criterion's command."""
    return f"criterion {criterion_id}"
