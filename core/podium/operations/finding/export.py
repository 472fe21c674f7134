"""finding.export: export findings as SARIF, JSON or Markdown."""

from pydantic import Field

from podium.findings.export import FindingFormat, findings_text
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.finding.list import ListParams
from podium.operations.finding.list import list as list_findings
from podium.operations.operation import Effect, operation
from podium.projects.project_files import write_project_file


class ExportParams(Frozen):
    """Parameters of `finding.export`."""

    where: str = Field(
        default="status:open status:dismissed",
        description="filter, such as `severity:error path:src/a.py`",
    )
    format: FindingFormat | str = Field(
        default=FindingFormat.SARIF, union_mode="left_to_right", description="output format"
    )
    path: str = Field(default="", description="output file in the project; by default none")


class Exported(Frozen):
    """The exported text and the path of the written file."""

    count: int
    format: FindingFormat | str = Field(union_mode="left_to_right")
    text: str
    path: str


@operation("finding.export", Effect.WRITE)
async def export(engine: Engine, params: ExportParams) -> Exported:
    """Export findings as SARIF, JSON or Markdown; SARIF marks dismissed ones as suppressed.

    Raises:
        ValidationError: the filter is invalid, or the format does not exist.
        PathOutsideWorkspace: the path escapes the project.
    """
    listed = await list_findings.run(engine, ListParams(where=params.where, limit=10_000))
    text = findings_text(listed.findings, params.format)
    path = write_project_file(engine.root, params.path, text) if params.path else ""
    return Exported(count=len(listed.findings), format=params.format, text=text, path=path)
