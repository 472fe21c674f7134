"""`workspace/symbol`: searches plans and tasks."""

import anyio.to_thread
from lsprotocol import types as t

from podium.model import layout
from podium.operations.plan.list import all_plans
from podium_lsp.background.workspace import Workspace
from podium_lsp.session.projects import Project

MOST = 200


async def handle(workspace: Workspace, params: t.WorkspaceSymbolParams) -> list[t.WorkspaceSymbol]:
    """Return the plans and tasks whose id or title contains the query."""
    rows: list[t.WorkspaceSymbol] = []
    for project, _ in workspace.watched:
        rows += await anyio.to_thread.run_sync(_symbols, project, params.query.lower())
    return rows[:MOST]


def _symbols(project: Project, query: str) -> list[t.WorkspaceSymbol]:
    rows: list[t.WorkspaceSymbol] = []
    for plan in all_plans(project.store):
        named = [(layout.plan_header(plan.id).path, plan.id, plan.objective)]
        named += [(layout.task(plan.id, each.id).path, each.id, each.title) for each in plan.tasks]
        rows += [
            _symbol(project, path, f"{name} {title}", plan.id)
            for path, name, title in named
            if query in f"{name} {title}".lower()
        ]
    return rows


def _symbol(project: Project, path: str, name: str, container: str) -> t.WorkspaceSymbol:
    return t.WorkspaceSymbol(
        name=name,
        kind=t.SymbolKind.Event,
        container_name=container,
        location=t.LocationUriOnly(uri=project.uri(f".podium/{path}")),
    )
