"""Runs the audit tools from the settings and reads their reports.

The caller has checked that the settings are trusted.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from podium.audits.reports.converters import read_report
from podium.audits.reports.report import resolve_report
from podium.errors import InvalidReply, ToolError
from podium.gates.command import CommandResult, run_command
from podium.model.config import AuditTool
from podium.model.findings import Observation
from podium.workspace.paths import resolve_inside

MAX_REPORT_BYTES = 64 * 1024 * 1024
_MAX_EXCERPT = 300


@dataclass
class ToolsResult:
    """The results of the tools.

    Args:
        notes: notes for the user, one sentence each.
    """

    observations: list[Observation] = field(default_factory=list[Observation])
    notes: list[str] = field(default_factory=list[str])


async def audit_with_tools(root: Path, tools: Sequence[AuditTool]) -> ToolsResult:
    """Run all tools in the project's root, one after the other.

    A non-zero exit code is normal for a tool that found something.

    Raises:
        ToolError: a tool cannot be started, times out, or does not produce a valid report.
        PathOutsideWorkspace: a report's path is outside the project.
    """
    audited = ToolsResult()
    for tool in tools:
        content = await _run(root, tool)
        try:
            resolved = resolve_report(root, tool.name, read_report(tool.format, content))
        except InvalidReply as error:
            raise _tool_error(tool, f"{error.what}: {error.why}") from error
        audited.observations += resolved.observations
        if resolved.misplaced:
            note = f"{tool.name}: {resolved.misplaced} ignored: no such location in the project"
            audited.notes.append(note)
    return audited


async def _run(root: Path, tool: AuditTool) -> bytes:
    path = resolve_inside(root, tool.output) if tool.output else None
    if path is not None:
        # Remove the report of an earlier run, so that it is not mistaken for the new one.
        path.unlink(missing_ok=True)
    with tempfile.TemporaryFile() as printed:
        result = await run_command(
            tool.command, root, timeout_seconds=tool.timeout_seconds, output=printed
        )
        if result.exit_code is None:
            raise _tool_error(tool, result.trouble)
        if path is None:
            printed.seek(0)
            content = printed.read(MAX_REPORT_BYTES + 1)
        else:
            content = _read(tool, path, result)
    if len(content) > MAX_REPORT_BYTES:
        raise _tool_error(tool, f"its report is larger than {MAX_REPORT_BYTES} bytes")
    if not content.strip() and result.exit_code != 0:
        raise _tool_error(tool, _describe_exit(result))
    return content


def _read(tool: AuditTool, path: Path, result: CommandResult) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_REPORT_BYTES + 1)
    except OSError as error:
        raise _tool_error(
            tool, f"it did not write {tool.output}; {_describe_exit(result)}"
        ) from error


def _describe_exit(result: CommandResult) -> str:
    excerpt = " ".join(result.output.split())[-_MAX_EXCERPT:]
    return f"it ended with code {result.exit_code}" + (f": {excerpt}" if excerpt else "")


def _tool_error(tool: AuditTool, why: str) -> ToolError:
    return ToolError(
        f"The audit tool {tool.name} did not produce a report",
        why=why,
        hints=[f"run it by hand: {' '.join(tool.command)}", "podium audit --no-tools"],
    )
