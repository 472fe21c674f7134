"""How the server stands: for status lines, health checks and reports of bugs."""

from typing import Any

from podium import __version__
from podium_lsp.background.workspace import Workroom
from podium_lsp.session.log import log_path


def standing(workroom: Workroom) -> dict[str, Any]:
    """Return health, what it is busy with, and where things are; nothing secret."""
    rows = workroom.attended
    busy = [attendant.runs for _, attendant in rows if attendant.runs.run_id]
    findings = sum(attendant.board.open_findings for _, attendant in rows)
    return {
        "health": "ok" if rows else "warning",
        "busy": bool(busy),
        "message": busy[0].message if busy else _resting(len(rows), findings),
        "version": __version__,
        "encoding": str(workroom.session.documents.encoding),
        "log": str(log_path()),
        "projects": [
            {
                "root": str(project.root),
                "findings": attendant.board.open_findings,
                "run": attendant.runs.run_id,
            }
            for project, attendant in rows
        ],
    }


def _resting(projects: int, findings: int) -> str:
    if not projects:
        return "no Podium project"
    return f"{findings} finding{'s' if findings != 1 else ''}"
