"""Who works on a task outside of a run, and until when; pure, must not know where it is kept."""

from datetime import datetime

from podium.errors import ConflictError
from podium.model.base import Frozen
from podium.model.events import Actor


class Lease(Frozen):
    """A claim on a task: nobody else is given it before the lease ends."""

    token: str
    """Proves the claim when the holder was started again."""
    holder: Actor
    expires_at: datetime
    checkpoint: str = ""
    """The commit that holds the checkout as it was when the task was claimed."""

    def is_live(self, now: datetime) -> bool:
        """Tell whether the claim still stands."""
        return now < self.expires_at

    def is_held_by(self, actor: Actor, token: str) -> bool:
        """Tell whether the claim is this actor's, or the one that the token proves."""
        return token == self.token if token else actor == self.holder


def check_lease(name: str, lease: Lease | None, actor: Actor, token: str, now: datetime) -> None:
    """Check that nobody else works on a task; a person may always change one.

    Args:
        name: the task's, for the message.

    Raises:
        ConflictError: another agent holds it.
    """
    if actor.kind == "person" or lease is None or not lease.is_live(now):
        return
    if not lease.is_held_by(actor, token):
        raise ConflictError(
            f"Task {name} is not yours",
            why=f"{lease.holder.name or 'another agent'} works on it until "
            f"{lease.expires_at:%H:%M:%S} UTC",
            hints=["podium next finds another one"],
        )
