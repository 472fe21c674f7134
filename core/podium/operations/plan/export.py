"""plan.export: export a plan as text or to a file in the project."""

from enum import StrEnum

from pydantic import Field

from podium.dialogue.documents.formats import (
    render_csv,
    render_json,
    render_markdown,
    render_mermaid,
)
from podium.entities.plans import find_plan, load_approval
from podium.entities.tasks import load_progress
from podium.model.base import Frozen
from podium.model.plans import Plan
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.platform.formats import provided_format
from podium.ports.exporter import PLANS_GROUP, PlanExporter
from podium.projects.project_files import write_project_file


class Format(StrEnum):
    """The output format of a plan."""

    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"
    MERMAID = "mermaid"


class ExportParams(Frozen):
    """Parameters of `plan.export`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    format: Format | str = Field(
        default=Format.MARKDOWN, union_mode="left_to_right", description="output format"
    )
    path: str = Field(default="", description="output file in the project; by default none")


class Exported(Frozen):
    """The exported text and the path of the written file."""

    plan_id: str
    format: Format | str = Field(union_mode="left_to_right")
    text: str
    path: str


@operation("plan.export", Effect.WRITE)
async def export(engine: Engine, params: ExportParams) -> Exported:
    """Export a plan as Markdown, JSON, CSV or a Mermaid graph.

    Raises:
        PlanNotFound: no plan has this id.
        ValidationError: the format does not exist.
        PathOutsideWorkspace: the path escapes the project.
    """
    plan = find_plan(engine.store, params.plan)
    text = _render(engine, plan, params.format)
    path = write_project_file(engine.root, params.path, text) if params.path else ""
    return Exported(plan_id=plan.id, format=params.format, text=text, path=path)


def _render(engine: Engine, plan: Plan, form: Format | str) -> str:
    progress = load_progress(engine.store, plan.id)
    match form:
        case Format.MARKDOWN:
            return render_markdown(plan, progress, load_approval(engine.store, plan.id))
        case Format.JSON:
            return render_json(plan)
        case Format.CSV:
            return render_csv(plan)
        case Format.MERMAID:
            return render_mermaid(plan, progress)
        case _:
            export: PlanExporter = provided_format(PLANS_GROUP, form, Format)
            return export(plan, progress)
