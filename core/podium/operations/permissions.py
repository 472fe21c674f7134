"""What only a person may do; must not know by which face the person came."""

from podium.errors import NotApproved, WriteConflict
from podium.model.events import Actor
from podium.operations.engine import Engine


def require_person(engine: Engine, deed: str) -> None:
    """Check that a person asks.

    Raises:
        NotApproved: an agent or a program asks.
    """
    require_person_for(engine.actor, deed)


def require_person_for(actor: Actor, deed: str) -> None:
    """Check that an actor is a person.

    Raises:
        NotApproved: it is an agent or a program.
    """
    if actor.kind != "person":
        raise NotApproved(
            f"Only a person can {deed}",
            why=f"this was asked by: {actor.origin}",
            hints=["ask the person to do it in the editor, or in a terminal that no agent started"],
        )


def require_consent(engine: Engine, deed: str, token: str, shown: str, again: str) -> None:
    """Check that a person agreed to exactly what is so now.

    Args:
        engine: knows who asks.
        deed: what is done then.
        token: of the preview that was agreed to.
        shown: of the preview as it would be now.
        again: the command that shows it.

    Raises:
        NotApproved: an agent or a program asks.
        WriteConflict: the preview would be another one now.
    """
    require_person(engine, deed)
    if token != shown:
        raise WriteConflict("Something changed since the preview", hints=[f"{again} shows it anew"])
