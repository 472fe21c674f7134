"""How the tasks of a plan are filtered; loads no model, so that a list can be shown at once."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from podium.operations.listing import Listing

DEFAULT_LIMIT = 200
MOST = 10_000
"""The highest limit."""

FIELDS = ("state", "role", "priority", "file", "requires", "ready")


class ListedTask(Protocol):
    """A task in a list."""

    @property
    def id(self) -> str:
        """The task's id."""
        ...

    @property
    def title(self) -> str:
        """The title."""
        ...

    @property
    def state(self) -> str:
        """The state."""
        ...

    @property
    def priority(self) -> str:
        """The priority."""
        ...

    @property
    def role(self) -> str:
        """The role of the agent."""
        ...

    @property
    def requires(self) -> Sequence[str]:
        """The tasks that come first."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """The declared files."""
        ...

    @property
    def ready(self) -> bool:
        """Whether the task can start now."""
        ...

    @property
    def reason(self) -> str:
        """Why it is in its state."""
        ...

    @property
    def note(self) -> str:
        """What its last worker noted."""
        ...


T = TypeVar("T", bound=ListedTask)


def _fields(row: ListedTask) -> dict[str, Sequence[str]]:
    return {
        "state": (row.state,),
        "role": (row.role,),
        "priority": (row.priority,),
        "file": row.files,
        "requires": row.requires,
        "ready": ("yes" if row.ready else "no",),
    }


def task_listing(kind: type[T]) -> Listing[T]:
    """Return how tasks of a kind are filtered.

    Args:
        kind: what stands for a task.
    """
    del kind  # It only says what the rows of the result are.
    return Listing[T](names=FIELDS, fields=_fields, text=lambda row: f"{row.id} {row.title}")
