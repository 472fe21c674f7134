"""What only a person may do; must not know by which face the person came."""

from podium.errors import NotApproved
from podium.operations.engine import Engine


def require_person(engine: Engine, deed: str) -> None:
    """Check that a person asks.

    Raises:
        NotApproved: an agent or a program asks.
    """
    if engine.actor.kind != "person":
        raise NotApproved(
            f"Only a person can {deed}",
            why=f"this was asked by: {engine.actor.kind}",
            hints=["ask the person to do it in a terminal or in the editor"],
        )
