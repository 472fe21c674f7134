"""plan.approve: approve this exact version of a plan, so that it may run."""

import anyio.to_thread
from pydantic import Field

from podium.entities.plans import check_plan_rules, find_plan
from podium.errors import NotTrusted, PodiumError
from podium.model.base import Frozen
from podium.model.plans import Decision, Plan
from podium.operations.confirmation import Confirmation, Fact, Preview
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.plan.decisions import check_reviewed_version, decide_plan
from podium.operations.run.preview import expected_text, preview_tasks
from podium.operations.views import PlanView, plan_view
from podium.platform.sandbox.probe import find_sandbox
from podium.projects.sandbox import sandbox_settings
from podium.views.steps import Step

_DEED = "approve a plan"


class ApproveParams(Frozen):
    """Parameters of `plan.approve`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    version: str = Field(
        default="", description="the reviewed version; refused if the plan has changed since"
    )
    note: str = Field(default="", description="a note to store with the approval")


async def confirm(engine: Engine, params: ApproveParams) -> Confirmation:
    """Ask whether to approve the current version of the plan.

    Raises:
        WriteConflict: the plan has changed since it was shown.
        InvalidPlan: the plan breaks a rule.
    """
    plan = find_plan(engine.store, params.plan)
    check_reviewed_version(plan, params.version)
    check_plan_rules(plan)
    view = plan_view(engine.store, plan)
    unconfined = await anyio.to_thread.run_sync(_unconfined, engine)
    return Confirmation(
        operation="plan.approve",
        effect=Effect.WRITE,
        subject=f"plan {plan.id}",
        question=f"Approve plan {plan.id}, version {view.version}?",
        brief="Approve this version?",
        yes="Approve",
        deed=_DEED,
        facts=(*_facts(view, unconfined), *_expectations(engine, plan)),
        preview=Preview(operation="plan.show", result=view),
        read_first=Step(operation="plan.show", params={"plan": plan.id}),
        state=view.state,
        state_by=view.approval.by if view.approval else None,
        bound=params.model_copy(update={"plan": plan.id, "version": plan.version}),
    )


def _unconfined(engine: Engine) -> tuple[str, ...]:
    """Return what of the sandbox is not in force; settings that are not trusted start nothing."""
    try:
        return find_sandbox(sandbox_settings(engine.root, engine.config)).warnings
    except NotTrusted as error:
        return (f"Nothing is run before podium trust: {error.why}",)


def _facts(view: PlanView, unconfined: tuple[str, ...]) -> tuple[Fact, ...]:
    plan = view.plan
    facts = (
        Fact(label="Objective", values=(plan.objective,), quoted=True),
        *_counts(plan),
        Fact(label="Estimate", values=(f"{view.estimate.total_minutes:.0f} min",)),
        Fact(
            label="Task list",
            values=tuple(f"{task.id} {task.title}" for task in plan.tasks),
            quoted=True,
        ),
        Fact(label="Warnings", values=plan.header.warnings, quoted=True),
        Fact(label="Sandbox", values=unconfined, in_preview=False),
    )
    return tuple(each for each in facts if each.values)


def _expectations(engine: Engine, plan: Plan) -> tuple[Fact, ...]:
    """Return which agents would carry out the plan, and what that is expected to cost."""
    try:
        tasks = preview_tasks(engine, plan)
    except PodiumError as error:
        return (Fact(label="Agent", values=(error.what,), in_preview=False),)
    agents = dict.fromkeys(", then ".join(each.agents) for each in tasks)
    first = tuple(each.id for each in tasks if each.starts)
    facts = (
        Fact(label="Agent", values=tuple(agents), in_preview=False),
        Fact(label="Starts with", values=first, in_preview=False),
        Fact(label="Expected use", values=(expected_text(tasks),), in_preview=False),
    )
    return tuple(each for each in facts if each.values)


def _counts(plan: Plan) -> tuple[Fact, ...]:
    commands = sum(bool(each.command) for task in plan.tasks for each in task.acceptance)
    files = {path for task in plan.tasks for path in task.files.all}
    return (
        Fact(label="Tasks", values=(str(len(plan.tasks)),)),
        Fact(label="Declared files", values=(str(len(files)),)),
        Fact(label="Commands run as checks", values=(str(commands),)),
    )


@operation("plan.approve", Effect.WRITE, confirm=confirm)
async def approve(engine: Engine, params: ApproveParams) -> PlanView:
    """Approve this exact version of a plan; any later change makes it a draft again.

    Raises:
        NotApproved: the requester is not a person.
        WriteConflict: the plan has changed since it was shown.
        InvalidPlan: the plan breaks a rule.
    """
    require_person(engine, _DEED)
    plan = decide_plan(engine, params.plan, params.version, Decision.APPROVED, params.note)
    return plan_view(engine.store, plan)
