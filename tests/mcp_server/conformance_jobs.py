"""The fixtures of the public conformance suite that are tasks: they wait, fail, and ask."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import mcp_types as wire
from mcp import MCPError

from podium_mcp.context.elicitation import Context
from podium_mcp.server.background import (
    EXTENSION,
    Document,
    declares_tasks,
    task_document,
    timestamp,
)

Fixture = Callable[[Context, wire.CallToolRequestParams], Awaitable[Any]]


def said(text: str, *, failed: bool = False) -> wire.CallToolResult:
    return wire.CallToolResult(content=[wire.TextContent(text=text)], is_error=failed)


def question(message: str, name: str, kind: str = "string") -> wire.ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    form = wire.ElicitRequestFormParams(message=message, requested_schema=schema)
    return wire.ElicitRequest(params=form)


def lacking(needed: wire.ClientCapabilities) -> MCPError:
    data = wire.MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
    return MCPError(
        wire.MISSING_REQUIRED_CLIENT_CAPABILITY,
        "a capability is missing",
        data.model_dump(by_alias=True, mode="json", exclude_none=True),
    )


class Jobs:
    """Tasks of the fixtures: they wait, fail, and ask."""

    def __init__(self) -> None:
        self._jobs: dict[str, Document] = {}
        self._waiting: dict[str, dict[str, asyncio.Future[Any]]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, work: Callable[["Jobs", str], Awaitable[wire.CallToolResult]]) -> Document:
        name = f"job-{len(self._jobs) + 1}"
        now = timestamp(datetime.now(UTC))
        self._jobs[name] = task_document(name, "working", now, now)
        self._waiting[name] = {}
        self._running[name] = asyncio.create_task(self._run(name, work))
        return {"resultType": "task"} | self._jobs[name]

    async def ask(self, name: str, key: str) -> Any:
        answer = asyncio.get_running_loop().create_future()
        self._waiting[name][key] = answer
        self._show_questions(name)
        return await answer

    async def find(self, task_id: str, client: str) -> Document | None:
        return self._jobs.get(task_id)

    async def cancel(self, task_id: str, client: str) -> bool:
        if task_id in self._running:
            self._running[task_id].cancel()
            await asyncio.sleep(0)
        return task_id in self._jobs

    async def answer(self, task_id: str, responses: Document) -> bool:
        for key, value in responses.items():
            if (answer := self._waiting.get(task_id, {}).pop(key, None)) is not None:
                answer.set_result(value)
        if task_id in self._jobs and self._jobs[task_id]["status"] == "input_required":
            self._show_questions(task_id)
        return task_id in self._jobs

    def _show_questions(self, name: str) -> None:
        asked = {
            key: question(f"{key}?", "confirm", "boolean").model_dump(
                by_alias=True, mode="json", exclude_none=True
            )
            for key in self._waiting[name]
        }
        job = {k: v for k, v in self._jobs[name].items() if k != "inputRequests"}
        more = {"status": "input_required", "inputRequests": asked} if asked else {}
        self._jobs[name] = job | {"status": "working"} | more

    async def _run(
        self, name: str, work: Callable[["Jobs", str], Awaitable[wire.CallToolResult]]
    ) -> None:
        try:
            result = await work(self, name)
            dumped = result.model_dump(by_alias=True, mode="json", exclude_none=True)
            self._end(name, "completed", result=dumped)
        except MCPError as error:
            self._end(name, "failed", error=error.error.model_dump(exclude_none=True))
        except asyncio.CancelledError:
            self._end(name, "cancelled")

    def _end(self, name: str, status: str, **more: Any) -> None:
        job = {k: v for k, v in self._jobs[name].items() if k != "inputRequests"}
        self._jobs[name] = job | {"status": status} | more


def job(
    jobs: Jobs, work: Callable[[Jobs, str, Document], Awaitable[wire.CallToolResult]], *, only: bool
) -> Fixture:
    """Return a tool that is a task where the client follows tasks.

    Args:
        only: refuse clients that do not.
    """

    async def fixture(context: Context, params: wire.CallToolRequestParams) -> Any:
        given = dict(params.arguments or {})
        if not declares_tasks(context):
            if only:
                raise lacking(wire.ClientCapabilities(extensions={EXTENSION: {}}))
            return said("done at once")
        return jobs.begin(lambda jobs, name: work(jobs, name, given))

    return fixture


async def slow_compute(jobs: Jobs, name: str, given: Document) -> wire.CallToolResult:
    await asyncio.sleep(float(given.get("seconds", 0)))
    return said(f"computed {given.get('label')}")


async def failing_job(jobs: Jobs, name: str, given: Document) -> wire.CallToolResult:
    await asyncio.sleep(1)
    return said("the job failed", failed=True)


async def protocol_error_job(jobs: Jobs, name: str, given: Document) -> wire.CallToolResult:
    raise MCPError(wire.INTERNAL_ERROR, "the job broke the protocol")


async def confirm_delete(jobs: Jobs, name: str, given: Document) -> wire.CallToolResult:
    return said(f"deleted {given.get('filename')}: {await jobs.ask(name, 'confirm')}")


async def multi_input(jobs: Jobs, name: str, given: Document) -> wire.CallToolResult:
    answers = await asyncio.gather(jobs.ask(name, "first"), jobs.ask(name, "second"))
    return said(json.dumps(answers))


def with_task(jobs: Jobs) -> Fixture:
    async def fixture(context: Context, params: wire.CallToolRequestParams) -> Any:
        if not declares_tasks(context):
            raise lacking(wire.ClientCapabilities(extensions={EXTENSION: {}}))
        answer = (params.input_responses or {}).get("user_name")
        if not isinstance(answer, wire.ElicitResult):
            asked: dict[str, Any] = {"user_name": question("What is your name?", "name")}
            return wire.InputRequiredResult(input_requests=asked, request_state="asked")
        greeting = said(f"Hello {(answer.content or {}).get('name')}")

        async def work(jobs: Jobs, name: str) -> wire.CallToolResult:
            return greeting

        return jobs.begin(work)

    return fixture
