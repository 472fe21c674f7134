"""One tool call: its project, client, dialog and progress; independent of era and transport."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from podium.dialogue.drafts import sentences
from podium.errors import ValidationError as WrongParameters
from podium.operations.engine import Engine
from podium.operations.table import load_operation
from podium_mcp.context.project import Project


class Asker(Protocol):
    """Asks the person at the host; an agent cannot answer."""

    @property
    def can_ask(self) -> bool:
        """Whether the host can show a question."""
        ...

    async def confirm(self, key: str, question: str) -> bool:
        """Ask a yes-or-no question and return the person's answer.

        Args:
            key: identifies the question within this call.
            question: text that the server computed; the answer is bound to it.
        """
        ...


Progress = Callable[[float, float, str], Awaitable[None]]


@dataclass(frozen=True)
class Call:
    """One call of one tool.

    Args:
        project: the project that the server serves.
        client: the host's name, for the history.
        asker: asks the person.
        progress: reports the progress of a long wait; a no-op unless the host requested it.
    """

    project: Project
    client: str
    asker: Asker
    progress: Progress

    @property
    def engine(self) -> Engine:
        """Return the open project, acting as an agent.

        Raises:
            ProjectNotFound: the folder is not in a project.
        """
        return self.project.engine(self.client)

    async def operate(self, operation_id: str, **params: Any) -> Any:
        """Run an operation with the host's agent as the actor."""
        return await operate(self.engine, operation_id, **params)


async def operate(engine: Engine, operation_id: str, **params: Any) -> Any:
    """Run an operation; parameters that are None are omitted.

    Raises:
        PodiumError: the engine refused, or a parameter is invalid.
    """
    operation = load_operation(operation_id)
    given = {name: value for name, value in params.items() if value is not None}
    try:
        asked = operation.params.model_validate(given)
    except ValidationError as error:
        why = "; ".join(sentences(error))
        raise WrongParameters("The request is invalid", why=why) from error
    return await operation.run(engine, asked)
