"""The commands that stand above plan files; pure."""

from collections.abc import Iterator

from podium.model.plans import short_version
from podium.model.progress import TaskProgress
from podium.model.states import PlanState, TaskState
from podium_lsp.plan_language.kinds import Kind, PlanFile
from podium_lsp.plan_language.reading import state_words
from podium_lsp.plan_language.surroundings import Surroundings
from podium_lsp.plan_language.words import Lens
from podium_lsp.text import Text

_AGAIN = {TaskState.FAILED, TaskState.CANCELLED, TaskState.BLOCKED, TaskState.DONE}


def lenses_of(file: PlanFile, text: Text, around: Surroundings) -> list[Lens]:
    """Return the lenses of a plan file."""
    plan = around.plan
    if plan is None or around.state is None:
        return []
    match file.kind:
        case Kind.PLAN:
            return list(_plan(file.kind, around))
        case Kind.TASK:
            return list(_task(file, around))
        case Kind.MARKDOWN | Kind.VIEW:
            return list(_plan(file.kind, around)) if f"`{plan.id}`" in text.content else []
        case Kind.CONFIG | Kind.OTHER:
            return []


def _plan(kind: Kind, around: Surroundings) -> Iterator[Lens]:
    assert around.plan, "the caller has looked"
    assert around.state, "the caller has looked"
    plan = (("plan", around.plan.id),)
    seen = (*plan, ("version", short_version(around.plan.version)))
    done = sum(each.state is TaskState.DONE for each in around.progress.values())
    yield Lens(0, f"{around.state}, {done} of {len(around.plan.tasks)} done")
    match around.state:
        case PlanState.DRAFT | PlanState.REJECTED:
            yield Lens(0, "Approve", "plan.approve", seen)
        case PlanState.APPROVED:
            yield Lens(0, "Run", "run.start", plan)
        case PlanState.RUNNING:
            run = (("run", around.latest_run),)
            yield Lens(0, "Pause", "run.pause", run)
            yield Lens(0, "Cancel", "run.cancel", run)
        case PlanState.DONE:
            yield Lens(0, "Land", "work.land", plan)
    if kind is Kind.PLAN:
        yield Lens(0, "Read", "open", (("readable", around.plan.id),))
    if around.latest_run:
        yield Lens(0, "Show report", "open", (("report", around.latest_run),))


def _task(file: PlanFile, around: Surroundings) -> Iterator[Lens]:
    assert around.plan, "the caller has looked"
    if around.task(file.name) is None:
        return
    progress = around.progress.get(file.name, TaskProgress())
    name = f"{around.plan.id}/{file.name}"
    yield Lens(0, " · ".join(filter(None, [state_words(progress), progress.reason])))
    if progress.state in _AGAIN:
        yield Lens(0, "Retry", "task.update", (("task", name), ("state", "pending")))
    if progress.run_id or around.latest_run:
        run = progress.run_id or around.latest_run
        yield Lens(0, "Show log", "open", (("log", f"{run}/{file.name}"),))
