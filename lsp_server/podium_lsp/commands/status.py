"""`podium.status`: the server's state, for status lines, health checks and bug reports."""

from typing import Any

from podium import __version__
from podium.words import counted
from podium_lsp.background.workspace import Workspace
from podium_lsp.session.log import log_path


def server_status(workspace: Workspace) -> dict[str, Any]:
    """Return the server's health, activity and paths, without secrets."""
    rows = workspace.watched
    busy = [watcher.runs for _, watcher in rows if watcher.runs.run_id]
    findings = sum(watcher.diagnostics.open_findings for _, watcher in rows)
    return {
        "health": "ok" if rows else "warning",
        "busy": bool(busy),
        "message": busy[0].message if busy else _resting(len(rows), findings),
        "version": __version__,
        "encoding": str(workspace.session.documents.encoding),
        "log": str(log_path()),
        "projects": [
            {
                "root": str(project.root),
                "findings": watcher.diagnostics.open_findings,
                "run": watcher.runs.run_id,
            }
            for project, watcher in rows
        ],
    }


def _resting(projects: int, findings: int) -> str:
    if not projects:
        return "no Podium project"
    return counted(findings, "finding")
