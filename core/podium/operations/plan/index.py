"""plan.index: list the names of all plans and their tasks, for searching."""

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.plan.list import all_plans


class IndexParams(Frozen):
    """Parameters of `plan.index`."""

    words: str = Field(
        default="", description="only those with this text in their id or title, ignoring case"
    )


class IndexEntry(Frozen):
    """A plan, or a task of a plan."""

    plan_id: str
    task_id: str
    """Empty for the plan itself."""
    title: str
    """The title of the task, or the objective of the plan."""


class PlanIndex(Frozen):
    """Plans, newest first, each followed by its tasks."""

    entries: tuple[IndexEntry, ...]


@operation("plan.index", Effect.READ)
async def index(engine: Engine, params: IndexParams) -> PlanIndex:
    """Return the plans and tasks whose id or title contains the given text."""
    entries = (
        IndexEntry(plan_id=plan.id, task_id=task_id, title=title)
        for plan in all_plans(engine.store)
        for task_id, title in (
            ("", plan.objective),
            *((task.id, task.title) for task in plan.tasks),
        )
    )
    words = params.words.lower()
    return PlanIndex(entries=tuple(each for each in entries if words in _text(each)))


def _text(entry: IndexEntry) -> str:
    return f"{entry.task_id or entry.plan_id} {entry.title}".lower()
