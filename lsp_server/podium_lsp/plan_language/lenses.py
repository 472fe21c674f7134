"""Lenses in plan files: states of plans and tasks, and commands."""

from collections.abc import Iterable, Iterator

from podium.model.progress import TaskProgress
from podium.model.states import TaskState
from podium.operations.plan.by_path import Step
from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.hover import format_state
from podium_lsp.plan_language.plan_context import PlanContext
from podium_lsp.plan_language.results import Lens
from podium_lsp.plan_language.task_names import task_names
from podium_lsp.session.text import Text

_TITLES = {
    "plan.approve": "Approve",
    "run.start": "Run",
    "run.pause": "Pause",
    "run.cancel": "Cancel",
    "work.land": "Land",
    "task.update": "Retry",
}
"""The titles of the steps that lenses offer."""


def lenses_of(file: PlanFile, text: Text, context: PlanContext) -> list[Lens]:
    """Return the lenses for a plan file."""
    plan = context.plan
    if plan is None or context.state is None:
        return list(_draft(context)) if file.kind is Kind.PLAYBOOK else []
    match file.kind:
        case Kind.PLAN:
            return list(_plan(file.kind, context))
        case Kind.TASK:
            return list(_task(file.name, 0, context))
        case Kind.PLAYBOOK:
            return [*_plan(file.kind, context), *_named(file, text, context)]
        case Kind.MARKDOWN | Kind.VIEW:
            names_plan = f"`{plan.id}`" in text.content
            return [*_plan(file.kind, context), *_named(file, text, context)] if names_plan else []
        case Kind.CONFIG | Kind.OTHER:
            return []


def _draft(context: PlanContext) -> Iterator[Lens]:
    """Offer to create a plan from a playbook that no plan uses yet."""
    options = {"playbook": context.path}
    yield Lens(
        0, "Draft a plan from this", "plan.create", (("agent", "playbook"), ("options", options))
    )


def _named(file: PlanFile, text: Text, context: PlanContext) -> Iterator[Lens]:
    """Yield the lenses for each task, above its definition or its script."""
    seen: set[str] = set()
    # In a playbook, lenses are above the tasks' scripts; elsewhere, above their definitions.
    of_scripts = file.kind is Kind.PLAYBOOK
    for each in task_names(file, text):
        is_place = each.is_script if of_scripts else each.is_own
        if is_place and each.task_id not in seen:
            seen.add(each.task_id)
            yield from _task(each.task_id, each.span.start, context)


def _plan(kind: Kind, context: PlanContext) -> Iterator[Lens]:
    assert context.plan, "the caller has checked"
    assert context.state, "the caller has checked"
    done = sum(each.state is TaskState.DONE for each in context.progress.values())
    yield Lens(0, f"{context.state}, {done} of {len(context.plan.tasks)} done")
    yield from _steps(context.steps, 0)
    if kind in (Kind.PLAN, Kind.PLAYBOOK):
        yield Lens(0, "Read", "open", (("readable", context.plan.id),))
    if context.latest_run:
        yield Lens(0, "Show report", "open", (("report", context.latest_run),))


def _task(task_id: str, offset: int, context: PlanContext) -> Iterator[Lens]:
    assert context.plan, "the caller has checked"
    if context.task(task_id) is None:
        return
    progress = context.progress.get(task_id, TaskProgress())
    yield Lens(offset, " · ".join(filter(None, [format_state(progress), progress.reason])))
    yield from _steps(context.task_steps.get(task_id, ()), offset)
    if progress.run_id or context.latest_run:
        run = progress.run_id or context.latest_run
        yield Lens(offset, "Show log", "open", (("log", f"{run}/{task_id}"),))


def _steps(steps: Iterable[Step], offset: int) -> Iterator[Lens]:
    """Yield the steps that lenses offer."""
    for each in steps:
        if each.operation in _TITLES:
            yield Lens(offset, _TITLES[each.operation], each.operation, tuple(each.params.items()))
