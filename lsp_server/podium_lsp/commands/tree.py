"""`podium.tree`: the child rows of a node in the editor's tree view.

These are the rows of the board, which an editor displays unchanged: the `kind` of a row determines
its commands, and its `arguments` are passed to them.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.board.rows import BoardRow, finding_row
from podium.words import counted
from podium_lsp.background.project_watcher import ProjectWatcher
from podium_lsp.background.workspace import Workspace
from podium_lsp.commands.run import ask
from podium_lsp.session.projects import Project


class Row(Frozen):
    """A node of the tree."""

    id: str
    """The `node` to pass to `podium.tree` for the child rows."""
    kind: str
    """The type of the item and its state, for instance `task.failed`."""
    label: str
    description: str = ""
    tooltip: str = ""
    parent: bool = False
    """Whether the row has child rows."""
    expanded: bool = False
    """Whether the child rows are shown initially."""
    arguments: dict[str, str] = Field(default_factory=dict)
    uri: str = ""
    """The file to open for this row, at the 0-based `line`."""
    line: int = 0


async def tree_rows(workspace: Workspace, arguments: Mapping[str, Any]) -> Any:
    """Return the child rows of a node.

    Args:
        workspace: provides the projects.
        arguments: `node`, the id of a row; if omitted, the top-level rows are returned.

    Raises:
        ValidationError: the node does not exist.
    """
    watched = workspace.watched
    if not watched:
        await workspace.look_everywhere()
        watched = workspace.watched
    node = str(arguments.get("node", ""))
    if not node and len(watched) > 1:
        rows = [_project_row(project, watcher) for project, watcher in watched]
        return [row.model_dump() for row in rows]
    uri, _, path = node.partition("#")
    for project, watcher in watched:
        if not node or project.uri("") == uri:
            found = await ask(project.reading, "board.rows", node=path)
            return [_row(project, watcher, each).model_dump() for each in found.rows]
    return []


def _project_row(project: Project, watcher: ProjectWatcher) -> Row:
    return Row(
        id=f"{project.uri('')}#",
        kind="project",
        label=project.shown.name,
        description=counted(watcher.diagnostics.open_findings, "finding"),
        tooltip=str(project.shown),
        parent=True,
        expanded=True,
        uri=project.uri(""),
    )


def _row(project: Project, watcher: ProjectWatcher, row: BoardRow) -> Row:
    shown = _at_present_line(watcher, row)
    return Row(
        id=f"{project.uri('')}#{shown.node}",
        uri=project.uri(shown.path) if shown.path else "",
        line=shown.line - 1,
        **shown.model_dump(exclude={"node", "path", "line"}),
    )


def _at_present_line(watcher: ProjectWatcher, row: BoardRow) -> BoardRow:
    """Return a finding's row with its current line, which edits may have shifted."""
    wanted = row.arguments.get("finding")
    located = watcher.diagnostics.located(row.path) if wanted else ()
    found = next((each for each in located if each.finding.id == wanted), None)
    return finding_row(found.finding, found.line) if found is not None else row
