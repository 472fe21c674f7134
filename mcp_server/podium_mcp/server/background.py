"""Presents long calls as tasks of the protocol's Tasks extension (`io.modelcontextprotocol/tasks`).

A run is stored and outlives every host, so a task is only another name for a run: the server has no
state of its own, and finds its tasks again after a restart. Other kinds of tasks are added as
sources, each responsible for its own ids.
"""

from datetime import UTC, datetime
from typing import Any, Protocol

import mcp_types as wire
from mcp import MCPError
from mcp.server.context import HandlerResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from podium.errors import PodiumError
from podium_mcp.context.calls import operate
from podium_mcp.context.elicitation import Context
from podium_mcp.context.project import Project
from podium_mcp.presenters.results import Facts, succeeded
from podium_mcp.presenters.runs import run_facts
from podium_mcp.tools.tool import Tool

EXTENSION = "io.modelcontextprotocol/tasks"
POLL_MS = 1000
TTL_MS = 24 * 3600 * 1000

Document = dict[str, Any]


class TaskParams(wire.RequestParams):
    """Parameters of `tasks/get` and `tasks/cancel`."""

    task_id: str = Field(max_length=200)


class TaskUpdateParams(TaskParams):
    """Parameters of `tasks/update`: the person's answers."""

    input_responses: dict[str, Any] = Field(default_factory=dict)


class TaskSource(Protocol):
    """Serves one kind of task."""

    async def find(self, task_id: str, client: str) -> Document | None:
        """Return a task as a protocol document, or None if the id belongs to another source."""
        ...

    async def cancel(self, task_id: str, client: str) -> bool:
        """Cancel a task; return False if the id belongs to another source."""
        ...

    async def answer(self, task_id: str, responses: Document) -> bool:
        """Accept answers; return False if the id belongs to another source."""
        ...


class BackgroundCalls:
    """The handlers of `tasks/*`, and the rule that turns a call into a task."""

    def __init__(self, *sources: TaskSource) -> None:
        self._sources = sources

    def begin(self, tool: Tool[Any], facts: Facts, context: Context) -> HandlerResult:
        """Return the task that a call started, or None for an ordinary result."""
        if not tool.starts_run or not declares_tasks(context):
            return None
        now = timestamp(datetime.now().astimezone())
        status = f"{facts['done']} tasks done"
        return {"resultType": "task"} | task_document(
            str(facts["run"]), "working", now, now, status
        )

    async def get(self, context: Context, params: TaskParams) -> HandlerResult:
        """Answer `tasks/get`."""
        client = self._check(context, params)
        for source in self._sources:
            if (found := await source.find(params.task_id, client)) is not None:
                return {"resultType": "complete"} | found
        raise MCPError(wire.INVALID_PARAMS, "Unknown task")

    async def cancel(self, context: Context, params: TaskParams) -> HandlerResult:
        """Answer `tasks/cancel`."""
        client = self._check(context, params)
        for source in self._sources:
            if await source.cancel(params.task_id, client):
                return {}
        raise MCPError(wire.INVALID_PARAMS, "Unknown task")

    async def update(self, context: Context, params: TaskUpdateParams) -> HandlerResult:
        """Answer `tasks/update`."""
        self._check(context, params)
        for source in self._sources:
            if await source.answer(params.task_id, params.input_responses):
                return {}
        raise MCPError(wire.INVALID_PARAMS, "Unknown task")

    def _check(self, context: Context, params: TaskParams) -> str:
        if not declares_tasks(context):
            needed = wire.ClientCapabilities(extensions={EXTENSION: {}})
            data = wire.MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
            raise MCPError(
                wire.MISSING_REQUIRED_CLIENT_CAPABILITY,
                f"The client did not declare {EXTENSION}",
                data.model_dump(by_alias=True, mode="json", exclude_none=True),
            )
        headers = getattr(context.request, "headers", None)
        if headers is not None and headers.get("mcp-name") not in (None, params.task_id):
            raise MCPError(wire.HEADER_MISMATCH, "The Mcp-Name header does not match the task's id")
        client = context.session.client_params
        return client.client_info.name if client is not None else "host"


class RunTasks:
    """Presents the project's runs as tasks."""

    def __init__(self, project: Project) -> None:
        self._project = project

    async def find(self, task_id: str, client: str) -> Document | None:
        """Return a run as a task."""
        if not task_id.startswith("r-"):
            return None
        connection = self._project.connection(client)
        try:
            status = await operate(connection, "run.status", run=task_id)
        except PodiumError:
            return None
        if status.run_id != task_id:
            return None
        state = "working"
        if status.ended:
            state = "cancelled" if status.state == "cancelled" else "completed"
        begun, changed = status.created_at, status.ended_at or datetime.now(UTC)
        message = f"{status.done}/{len(status.tasks)} tasks done, {status.state}"
        document = task_document(task_id, state, timestamp(begun), timestamp(changed), message)
        if state == "completed":
            facts = run_facts(status) | {"next": f"plan_check {status.plan_id}"}
            document["result"] = succeeded(facts).model_dump(
                by_alias=True, mode="json", exclude_none=True
            )
        return document

    async def cancel(self, task_id: str, client: str) -> bool:
        """Cancel a run; does nothing if it has ended."""
        found = await self.find(task_id, client)
        if found is not None and found["status"] == "working":
            await operate(self._project.connection(client), "run.cancel", run=task_id)
        return found is not None

    async def answer(self, task_id: str, responses: Document) -> bool:
        """Ignore the answers: runs do not take input through this channel."""
        del responses
        return task_id.startswith("r-")


def declares_tasks(context: Context) -> bool:
    """Return whether the host declares the extension in this request."""
    declared = context.session.client_capabilities
    modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
    return modern and declared is not None and EXTENSION in (declared.extensions or {})


def task_document(
    task_id: str, status: str, created_at: str, updated_at: str, message: str = ""
) -> Document:
    """Return a task as a protocol document."""
    document = {
        "taskId": task_id,
        "status": status,
        "createdAt": created_at,
        "lastUpdatedAt": updated_at,
        "ttlMs": TTL_MS,
        "pollIntervalMs": POLL_MS,
    }
    return document | ({"statusMessage": message} if message else {})


def timestamp(moment: datetime) -> str:
    """Format a time as the protocol requires."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
