"""Restricts operations to people."""

from podium.errors import NotApproved, WriteConflict
from podium.model.events import Actor
from podium.operations.engine import Engine


def require_person(engine: Engine, deed: str) -> None:
    """Check that the requester is a person.

    Raises:
        NotApproved: the requester is an agent or a program.
    """
    require_person_for(engine.actor, deed)


def require_person_for(actor: Actor, deed: str) -> None:
    """Check that an actor is a person.

    Raises:
        NotApproved: the actor is an agent or a program.
    """
    if actor.kind != "person":
        raise NotApproved(
            f"Only a person can {deed}",
            why=f"the request came from: {actor.origin}",
            hints=["ask the person to do it in the editor, or in a terminal that no agent started"],
        )


def require_consent(engine: Engine, deed: str, token: str, shown: str, again: str) -> None:
    """Check that a person consented to exactly the current state.

    Args:
        engine: the engine of the requester.
        deed: the action, for the message.
        token: the token of the preview that the person approved.
        shown: the token of a preview of the current state.
        again: the command that shows the preview.

    Raises:
        NotApproved: the requester is an agent or a program.
        WriteConflict: a preview would differ now.
    """
    require_person(engine, deed)
    if token != shown:
        raise WriteConflict(
            "Something changed since the preview", hints=[f"{again} shows the preview again"]
        )
