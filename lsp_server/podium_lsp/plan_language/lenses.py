"""The commands that stand above plan files; pure."""

from collections.abc import Iterator

from podium.model.plans import short_version
from podium.model.progress import TaskProgress
from podium.model.states import PlanState, TaskState
from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.hover import state_words
from podium_lsp.plan_language.plan_context import Surroundings
from podium_lsp.plan_language.results import Lens
from podium_lsp.plan_language.task_names import task_names
from podium_lsp.session.text import Text

_AGAIN = {TaskState.FAILED, TaskState.CANCELLED, TaskState.BLOCKED, TaskState.DONE}


def lenses_of(file: PlanFile, text: Text, around: Surroundings) -> list[Lens]:
    """Return the lenses of a plan file."""
    plan = around.plan
    if plan is None or around.state is None:
        return list(_draft(around)) if file.kind is Kind.WORKFLOW else []
    match file.kind:
        case Kind.PLAN:
            return list(_plan(file.kind, around))
        case Kind.TASK:
            return list(_task(file.name, 0, around))
        case Kind.WORKFLOW:
            return [*_plan(file.kind, around), *_named(file, text, around)]
        case Kind.MARKDOWN | Kind.VIEW:
            told = f"`{plan.id}`" in text.content
            return [*_plan(file.kind, around), *_named(file, text, around)] if told else []
        case Kind.CONFIG | Kind.OTHER:
            return []


def _draft(around: Surroundings) -> Iterator[Lens]:
    """Offer to make a plan from a workflow that no plan follows yet."""
    options = {"playbook": around.path}
    yield Lens(
        0, "Draft a plan from this", "plan.create", (("agent", "playbook"), ("options", options))
    )


def _named(file: PlanFile, text: Text, around: Surroundings) -> Iterator[Lens]:
    """Yield the lenses of every task where it is written down, or has its script."""
    seen: set[str] = set()
    # A workflow's task stands where its script is, another's where it is written down.
    of_scripts = file.kind is Kind.WORKFLOW
    for each in task_names(file, text):
        is_place = each.is_script if of_scripts else each.is_own
        if is_place and each.task_id not in seen:
            seen.add(each.task_id)
            yield from _task(each.task_id, each.span.start, around)


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
    if kind in (Kind.PLAN, Kind.WORKFLOW):
        yield Lens(0, "Read", "open", (("readable", around.plan.id),))
    if around.latest_run:
        yield Lens(0, "Show report", "open", (("report", around.latest_run),))


def _task(task_id: str, offset: int, around: Surroundings) -> Iterator[Lens]:
    assert around.plan, "the caller has looked"
    if around.task(task_id) is None:
        return
    progress = around.progress.get(task_id, TaskProgress())
    name = f"{around.plan.id}/{task_id}"
    yield Lens(offset, " · ".join(filter(None, [state_words(progress), progress.reason])))
    if progress.state in _AGAIN:
        yield Lens(offset, "Retry", "task.update", (("task", name), ("state", "pending")))
    if progress.run_id or around.latest_run:
        run = progress.run_id or around.latest_run
        yield Lens(offset, "Show log", "open", (("log", f"{run}/{task_id}"),))
