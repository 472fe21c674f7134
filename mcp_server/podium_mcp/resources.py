"""Resources: plans, tasks, sessions, runs and findings under `podium://` URIs."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import mcp_types as wire
from mcp import MCPError

from podium.app import Connection
from podium.errors import NotFoundError, PodiumError, ProjectNotFound
from podium.operations.views import PlanRow
from podium_mcp.context.calls import operate
from podium_mcp.context.elicitation import Context
from podium_mcp.context.project import Project
from podium_mcp.presenters.findings import finding_facts
from podium_mcp.presenters.results import FULL_CHARACTERS, fit
from podium_mcp.presenters.sessions import session_facts
from podium_mcp.presenters.tasks import task_facts
from podium_mcp.sanitize import one_line, plain

_PAGE = 50
_MOST_PLANS = 1_000
_LIST_TTL_MS = 1_000
_READ_TTL_MS = 0

Reader = Callable[[Connection, str], Awaitable[tuple[str, str]]]
"""Reads a resource by the part of its URI after the noun; returns a media type and the content."""


class Resources:
    """The handlers of `resources/*`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    async def list_all(
        self, context: Context, params: wire.PaginatedRequestParams | None
    ) -> wire.ListResourcesResult:
        """List the plans, newest first; templates cover the rest."""
        del context
        start = _start(params)
        rows = await self._resources()
        page = rows[start : start + _PAGE]
        following = str(start + _PAGE) if start + _PAGE < len(rows) else None
        return wire.ListResourcesResult(
            resources=page, next_cursor=following, ttl_ms=_LIST_TTL_MS, cache_scope="private"
        )

    async def templates(
        self, context: Context, params: wire.PaginatedRequestParams | None
    ) -> wire.ListResourceTemplatesResult:
        """List the URI templates."""
        del context, params
        return wire.ListResourceTemplatesResult(
            resource_templates=[
                wire.ResourceTemplate(
                    uri_template=uri, name=name, description=description, mime_type=kind
                )
                for name, uri, kind, description in _TEMPLATES
            ],
            ttl_ms=3_600_000,
            cache_scope="public",
        )

    async def read(
        self, context: Context, params: wire.ReadResourceRequestParams
    ) -> wire.ReadResourceResult:
        """Read one resource.

        Raises:
            MCPError: the resource does not exist, or reading it failed.
        """
        del context
        uri = str(params.uri)
        noun, _, rest = uri.removeprefix("podium://").partition("/")
        reader = _READERS.get(noun) if uri.startswith("podium://") else None
        if reader is None:
            raise _missing(uri)
        try:
            kind, text = await reader(self._project.reader, unquote(rest))
        except NotFoundError as error:
            raise _missing(uri) from error
        except PodiumError as error:
            raise MCPError(wire.INTERNAL_ERROR, one_line(str(error), 300)) from error
        contents = wire.TextResourceContents(uri=uri, mime_type=kind, text=text)
        return wire.ReadResourceResult(
            contents=[contents], ttl_ms=_READ_TTL_MS, cache_scope="private"
        )

    async def _resources(self) -> list[wire.Resource]:
        try:
            found = await operate(self._project.reader, "plan.list", limit=_MOST_PLANS)
        except ProjectNotFound:
            return []
        return [_resource(row) for row in found.plans]


def _resource(plan: PlanRow) -> wire.Resource:
    return wire.Resource(
        uri=f"podium://plan/{plan.id}",
        name=plan.id,
        title=one_line(plan.objective, 80),
        mime_type="text/markdown",
    )


async def _plan(connection: Connection, name: str) -> tuple[str, str]:
    exported = await operate(connection, "plan.export", plan=_exact(name))
    return "text/markdown", plain(exported.text)[:FULL_CHARACTERS]


async def _task(connection: Connection, name: str) -> tuple[str, str]:
    plan, _, task = name.partition("/")
    view = await operate(connection, "task.show", task=f"{_exact(plan)}/{_exact(task)}")
    return _json(task_facts(view))


async def _session(connection: Connection, name: str) -> tuple[str, str]:
    return _json(session_facts(await operate(connection, "session.show", session=_exact(name))))


async def _run(connection: Connection, name: str) -> tuple[str, str]:
    # Imported here because it loads the results of all operations, which most servers never need.
    from podium.operations.rendering import markdown

    run_id, _, kind = name.partition("/")
    if kind not in ("", "log"):
        raise NotFoundError(f"A run has no resource {kind!r}")
    status = await operate(connection, "run.status", run=_exact(run_id))
    log = await operate(connection, "run.log", run=status.run_id)
    text = f"{markdown(status)}\n{markdown(log)}"
    return "text/plain", plain(text)[:FULL_CHARACTERS]


async def _finding(connection: Connection, name: str) -> tuple[str, str]:
    return _json(finding_facts(await operate(connection, "finding.show", finding=_exact(name))))


async def _usage(connection: Connection, name: str) -> tuple[str, str]:
    from podium.operations.rendering import markdown
    from podium.operations.usage.show import Grouping

    if name not in list(Grouping):
        raise NotFoundError(f"Usage is not grouped by {name!r}")
    table = await operate(connection, "usage.show", by=name)
    return "text/markdown", plain(markdown(table))


def _json(facts: dict[str, Any]) -> tuple[str, str]:
    fitted = fit({k: v for k, v in facts.items() if k != "next"}, FULL_CHARACTERS)
    return "application/json", json.dumps(fitted, ensure_ascii=False, indent=1)


def _exact(name: str) -> str:
    """Reject an empty id, which an operation would interpret as "the newest"."""
    if not name:
        raise NotFoundError("The URI has no id")
    return name


def _start(params: wire.PaginatedRequestParams | None) -> int:
    cursor = params.cursor if params is not None else None
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 9):
        raise MCPError(wire.INVALID_PARAMS, "Unknown cursor")
    return int(cursor)


def _missing(uri: str) -> MCPError:
    return MCPError(wire.INVALID_PARAMS, "Resource not found", {"uri": uri[:200]})


_READERS: dict[str, Reader] = {
    "plan": _plan,
    "task": _task,
    "session": _session,
    "run": _run,
    "finding": _finding,
    "usage": _usage,
}

_TEMPLATES = (
    ("plan", "podium://plan/{plan}", "text/markdown", "A plan with its progress"),
    ("task", "podium://task/{plan}/{task}", "application/json", "A task with its history"),
    ("session", "podium://session/{session}", "application/json", "A session's context"),
    ("run", "podium://run/{run}/log", "text/plain", "Progress and results of a run"),
    ("finding", "podium://finding/{finding}", "application/json", "A finding"),
    ("usage", "podium://usage/{by}", "text/markdown", "Cost of calls by day, agent, plan or task"),
)
