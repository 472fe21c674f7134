"""What a person is asked before something counts as theirs; no answer means no."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from podium.model.config import executable_settings
from podium.model.plans import short_version
from podium.operations.engine import Engine
from podium.operations.finding.dismiss import DismissParams
from podium.operations.plan.approve import ApproveParams
from podium.operations.table import load_operation
from podium.operations.views import PlanView
from podium.operations.work.land import Landing, LandParams
from podium_lsp.background.workspace import Workspace
from podium_lsp.commands.open import show_plan

Confirm = Callable[[Workspace, Engine, Any], Awaitable[Any]]
"""Returns the parameters as they were agreed to, `Settled`, or None."""

APPROVE, SHOW, NOT_NOW = "Approve", "Show the plan", "Not now"
REASONS = ("not a problem here", "accepted risk", "generated code")
_MOST_NAMED = 6


@dataclass(frozen=True)
class AlreadyDecided:
    """Somebody else answered first.

    Args:
        state: how what was asked about stands now.
        reason: a sentence for the person.
    """

    state: str
    reason: str


async def _approve(workspace: Workspace, engine: Engine, params: ApproveParams) -> Any:
    """Bind the answer to the version that was shown; the first answer in any face counts."""
    while True:
        view: PlanView = await _ask(engine, "plan.show", plan=params.plan)
        version = params.version or short_version(view.plan.version)
        asking = workspace.session.client.choose(_plan_words(view), (APPROVE, SHOW, NOT_NOW))
        answer = await _first(asking, _decided_elsewhere(workspace, engine, view))
        if answer == SHOW:
            await show_plan(workspace, engine, view)
            continue
        if isinstance(answer, AlreadyDecided):
            return answer
        if answer != APPROVE:
            return None
        return params.model_copy(update={"plan": view.plan.id, "version": version})


async def _decided_elsewhere(
    workspace: Workspace, engine: Engine, shown: PlanView
) -> AlreadyDecided:
    """Wait until a plan does not stand as it was shown any more."""
    while True:
        change = workspace.next_change(engine.root)
        view: PlanView = await _ask(engine, "plan.show", plan=shown.plan.id)
        if view.version != shown.version:
            return AlreadyDecided(
                view.state, f"plan {view.plan.id} has changed meanwhile; look again"
            )
        if view.state != shown.state:
            by = view.approval.by if view.approval else None
            who = f" by {by.name} ({by.face})" if by else ""
            return AlreadyDecided(view.state, f"plan {view.plan.id} is {view.state} meanwhile{who}")
        await change.wait()


async def _first(*works: Coroutine[Any, Any, Any]) -> Any:
    """Return what ends first; the others are given up."""
    tasks = [asyncio.ensure_future(each) for each in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        # A person's answer that is there already goes before what was seen meanwhile.
        return next(each for each in tasks if each in done).result()
    finally:
        for task in tasks:
            task.cancel()


async def _land(workspace: Workspace, engine: Engine, params: LandParams) -> Any:
    """Show what would change; what is agreed to is exactly that."""
    preview: Landing = await _ask(engine, "work.land", plan=params.plan)
    if preview.kind == "up-to-date":
        return params
    names = ", ".join(each.path for each in preview.files[:_MOST_NAMED])
    more = f" and {len(preview.files) - _MOST_NAMED} more" if len(preview.files) > 6 else ""
    question = f"Land plan {preview.plan_id} on {preview.target}? It changes {names}{more}."
    if await workspace.session.client.choose(question, ("Land", NOT_NOW)) != "Land":
        return None
    return params.model_copy(update={"plan": preview.plan_id, "token": preview.token})


async def _trust(workspace: Workspace, engine: Engine, params: Any) -> Any:
    settings = executable_settings(engine.config.config)
    told = "; ".join(f"{name}: {value}" for name, value in settings.items() if value)
    question = f"Let this project's settings run things on this machine? {told or 'none are set'}"
    return (
        params
        if await workspace.session.client.choose(question, ("Trust", NOT_NOW)) == "Trust"
        else None
    )


async def _dismiss(workspace: Workspace, engine: Engine, params: DismissParams) -> Any:
    """Ask for the reason; one that was given is taken."""
    finding = await _ask(engine, "finding.show", finding=params.finding)
    if params.reason != NO_REASON:
        return params
    question = f"Why does this not matter? {finding.message}"
    reason = await workspace.session.client.choose(question, REASONS)
    return params.model_copy(update={"reason": reason}) if reason else None


def _confirm(question: str, yes: str) -> Confirm:
    async def ask(workspace: Workspace, engine: Engine, params: Any) -> Any:
        del engine
        return (
            params
            if await workspace.session.client.choose(question, (yes, NOT_NOW)) == yes
            else None
        )

    return ask


NO_REASON = "?"
"""Stands for a reason that the person is still to be asked for."""

CONFIRMATIONS: Mapping[str, Confirm] = {
    "plan.approve": _approve,
    "plan.reset": _confirm("Take approval and progress of the plan back to the start?", "Reset"),
    "project.trust": _trust,
    "run.cancel": _confirm("Cancel the run? Results that were merged stay.", "Cancel the run"),
    "work.land": _land,
    "finding.dismiss": _dismiss,
}


async def _ask(engine: Engine, operation_id: str, **params: Any) -> Any:
    operation = load_operation(operation_id)
    return await operation.run(engine, operation.params.model_validate(params))


def _plan_words(view: PlanView) -> str:
    tasks = [f"{task.id} {task.title}" for task in view.plan.tasks[:_MOST_NAMED]]
    count = len(view.plan.tasks)
    more = f"; and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
    warned = f" Mind: {'; '.join(view.plan.header.warnings)}." if view.plan.header.warnings else ""
    return (
        f"Approve plan {view.plan.id}, version {view.version}? {view.plan.objective} "
        f"({count} task{'s' if count != 1 else ''}: {'; '.join(tasks)}{more}).{warned}"
    )
