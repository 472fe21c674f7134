"""`workspace/symbol`: searches plans and tasks."""

from lsprotocol import types as t

from podium.model import layout
from podium.operations.plan.index import IndexEntry
from podium_lsp.background.workspace import Workspace
from podium_lsp.session.projects import Project

MOST = 200


async def handle(workspace: Workspace, params: t.WorkspaceSymbolParams) -> list[t.WorkspaceSymbol]:
    """Return the plans and tasks whose id or title contains the query."""
    rows: list[t.WorkspaceSymbol] = []
    for project, _ in workspace.watched:
        index = await project.ask("plan.index", words=params.query)
        rows += [_symbol(project, each) for each in index.entries]
    return rows[:MOST]


def _symbol(project: Project, entry: IndexEntry) -> t.WorkspaceSymbol:
    plan, task = entry.plan_id, entry.task_id
    path = (layout.task(plan, task) if task else layout.plan_header(plan)).path
    return t.WorkspaceSymbol(
        name=f"{task or plan} {entry.title}",
        kind=t.SymbolKind.Event,
        container_name=plan,
        location=t.LocationUriOnly(uri=project.uri(f".podium/{path}")),
    )
