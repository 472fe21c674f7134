"""One tool call: its project, client, dialog and progress; independent of era and transport."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from podium.app import Connection
from podium.errors import InternalError
from podium.operations.confirmation import Confirmer
from podium.operations.perform import Outcome, Performed
from podium_mcp.context.elicitation import AgentConfirmer
from podium_mcp.context.project import Project
from podium_mcp.context.sampling import HostModel

Progress = Callable[[float, float, str], Awaitable[None]]


@dataclass(frozen=True)
class Call:
    """One tool call.

    Args:
        project: the project that the server serves.
        client: the host's name, for the history.
        confirmer: asks the person at the host.
        model: the host's own model.
        progress: reports the progress of a long wait; a no-op unless the host requested it.
    """

    project: Project
    client: str
    confirmer: Confirmer
    model: HostModel
    progress: Progress

    @property
    def connection(self) -> Connection:
        """The connection to the project, with the host's agent as the actor."""
        return self.project.connection(self.client)

    async def operate(self, operation_id: str, **params: Any) -> Any:
        """Run an operation that does not need consent; parameters that are None are omitted."""
        return await operate(self.connection, operation_id, **params)

    async def perform(self, operation_id: str, **params: Any) -> Outcome[Any]:
        """Run an operation, with the person's consent if it needs it.

        Raises:
            AnswerPending: the person has to answer first.
            PodiumError: the operation failed, or a parameter is invalid.
        """
        return await self.connection.invoke(operation_id, _without_none(params), self.confirmer)

    async def is_agreed(self, operation_id: str, **params: Any) -> bool:
        """Run an operation if the person agrees, and return whether it ran."""
        return isinstance(await self.perform(operation_id, **params), Performed)


async def operate(connection: Connection, operation_id: str, **params: Any) -> Any:
    """Run an operation that does not need consent; parameters that are None are omitted.

    Raises:
        PodiumError: the operation failed, or a parameter is invalid.
    """
    outcome = await connection.invoke(operation_id, _without_none(params), AgentConfirmer())
    if not isinstance(outcome, Performed):
        raise InternalError(f"{operation_id} needs a person's consent")
    return outcome.result


def _without_none(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
