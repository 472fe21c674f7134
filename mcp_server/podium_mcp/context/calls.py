"""What a tool works with while it carries out one call; knows no wire era and no transport."""

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
    """Asks the person who sits at the host; an agent cannot answer."""

    @property
    def can_ask(self) -> bool:
        """Tell whether the host can show a question."""
        ...

    async def confirm(self, key: str, question: str) -> bool:
        """Ask a yes-or-no question and return the person's answer.

        Args:
            key: names the question inside this call.
            question: facts that the server computed; also what the answer is bound to.
        """
        ...


Progress = Callable[[float, float, str], Awaitable[None]]


@dataclass(frozen=True)
class Call:
    """One call of one tool.

    Args:
        project: the folder that the server works for.
        client: the host's name, for the history.
        asker: asks the person.
        progress: tells the host how far a long wait is; free when the host did not ask for it.
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
        """Ask an operation as the agent that the host is."""
        return await operate(self.engine, operation_id, **params)


async def operate(engine: Engine, operation_id: str, **params: Any) -> Any:
    """Ask an operation of the engine; None means "left out".

    Raises:
        PodiumError: the engine refuses; a value that is not acceptable is told in plain words.
    """
    operation = load_operation(operation_id)
    given = {name: value for name, value in params.items() if value is not None}
    try:
        asked = operation.params.model_validate(given)
    except ValidationError as error:
        why = "; ".join(sentences(error))
        raise WrongParameters("The request is invalid", why=why) from error
    return await operation.run(engine, asked)
