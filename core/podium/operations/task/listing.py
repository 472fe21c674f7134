"""Filters the tasks of a plan; quick to import, because it does not load the model."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from podium.model.states import TaskState
from podium.operations.listing import Listing

DEFAULT_LIMIT = 200
MOST = 10_000
"""The maximum limit."""

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
        """The tasks that must be done first."""
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
        """The reason for its state."""
        ...

    @property
    def note(self) -> str:
        """The note from the last worker."""
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


def _priorities() -> Iterable[str]:
    # The model is loaded only for a filter that names a priority.
    from podium.model.plans import Priority

    return Priority


_VOCABULARY = {"state": lambda: TaskState, "priority": _priorities, "ready": lambda: ("yes", "no")}


def task_listing(kind: type[T]) -> Listing[T]:
    """Return the filter for tasks of a type.

    Args:
        kind: the type that represents a task.
    """
    del kind  # The type is only needed to type the rows of the result.
    return Listing[T](
        names=FIELDS,
        fields=_fields,
        text=lambda row: f"{row.id} {row.title}",
        vocabulary=_VOCABULARY,
    )
