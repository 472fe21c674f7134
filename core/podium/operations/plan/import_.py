"""plan.import: create a plan from an exported or handwritten file."""

from pydantic import Field

from podium.dialogue.documents.formats import read_csv, read_markdown, read_plan_json
from podium.dialogue.drafts import PlanDocument
from podium.entities.plans import plan_ids
from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.model.ids import Kind, new_id
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.plan.drafting import from_document, store_draft
from podium.operations.plan.export import Format
from podium.operations.views import PlanView
from podium.projects.project_files import read_text_file

_ENDINGS = {
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".json": Format.JSON,
    ".csv": Format.CSV,
}


class ImportParams(Frozen):
    """Parameters of `plan.import`."""

    path: str = Field(description="the .json, .csv or .md file")
    objective: str = Field(default="", description="the objective, instead of the one in the file")


@operation("plan.import", Effect.WRITE)
async def import_(engine: Engine, params: ImportParams) -> PlanView:
    """Import a plan from a JSON, CSV or Markdown file as a new draft.

    Raises:
        ValidationError: the file is not in one of these formats.
        InvalidPlan: the tasks break the rules; the message lists every problem.
    """
    text, name = read_text_file(params.path)
    document = _parse(text, name)
    plan_id = new_id(Kind.PLAN, plan_ids(engine.store))
    drafted = from_document(document, f"import:{name}")
    return store_draft(engine, plan_id, params.objective.strip(), drafted)


def _parse(text: str, name: str) -> PlanDocument:
    ending = "." + name.rsplit(".", 1)[-1].lower()
    match _ENDINGS.get(ending):
        case Format.JSON:
            return read_plan_json(text, name)
        case Format.CSV:
            return read_csv(text, name)
        case Format.MARKDOWN:
            return read_markdown(text, name)
        case _:
            raise ValidationError(
                f"{name} cannot be imported", why="the name does not end in .json, .csv or .md"
            )
