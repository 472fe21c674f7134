"""work.land: land results in the user's checkout, which no other plan operation changes."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.entities.tasks import load_progress, recorded_commits
from podium.errors import ConflictError, MergeConflict
from podium.model.base import Frozen, content_hash
from podium.model.events import Event, EventKind
from podium.model.plans import Plan
from podium.operations.confirmation import Confirmation, Fact, Preview
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_consent
from podium.projects.repositories import open_repository
from podium.runs.commit_messages import landing_message
from podium.runs.integration.branch import (
    inspect_integration,
    integration_branch,
    restore_integration,
    results_ref,
)
from podium.workspace.repository import Repository
from podium.workspace.values import Landed, LandingKind, LandingPreview

__all__ = ["FileChange", "LandParams", "Landing", "LandingKind", "confirm", "land"]

_DEED = "land work"


class LandParams(Frozen):
    """Parameters of `work.land`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    token: str = Field(
        default="", description="token of the approved preview; if empty, only shows the preview"
    )


class FileChange(Frozen):
    """The number of lines added to and deleted from a file; None for a binary file."""

    path: str
    added: int | None
    deleted: int | None


class Landing(Frozen):
    """The result of landing, or its preview."""

    plan_id: str
    branch: str
    target: str
    kind: LandingKind
    files: tuple[FileChange, ...]
    commits: tuple[str, ...]
    """Commit subjects, newest first."""
    conflicts: tuple[str, ...]
    overwritten: tuple[str, ...]
    """Local files that landing would overwrite."""
    token: str
    """Identifies exactly this preview."""
    landed: bool
    commit: str
    next: str


async def confirm(engine: Engine, params: LandParams) -> Confirmation | None:
    """Ask whether to apply exactly the changes that landing would make now; None if there are none.

    Raises:
        ConflictError: the plan has not run, so there is no result.
    """
    plan = find_plan(engine.store, params.plan)
    repository = await open_repository(engine.root)
    await _require_results(engine, repository, plan.id)
    preview = await repository.preview_landing(integration_branch(plan.id))
    shown = _view(plan, preview, None)
    if shown.kind is LandingKind.UP_TO_DATE:
        return None
    return Confirmation(
        operation="work.land",
        effect=Effect.DESTRUCTIVE,
        subject=f"the result of plan {plan.id}",
        question=f"Land plan {plan.id} on {shown.target}?",
        brief=f"Land this on {shown.target}?",
        yes="Land",
        deed=_DEED,
        facts=(
            Fact(label="Files", values=tuple(each.path for each in shown.files), quoted=True),
            Fact(label="Commits", values=shown.commits, quoted=True),
        ),
        preview=Preview(operation="work.land", result=shown),
        state=shown.kind,
        bound=params.model_copy(update={"plan": plan.id, "token": params.token or shown.token}),
    )


@operation("work.land", Effect.DESTRUCTIVE, confirm=confirm)
async def land(engine: Engine, params: LandParams) -> Landing:
    """Land a plan's results on your branch, after a preview and exactly as previewed.

    Raises:
        MergeConflict: the merge has conflicts or would overwrite local changes, or HEAD is
            detached.
        WriteConflict: something changed since the preview.
        NotApproved: the requester is not a person.
        ConflictError: the plan has not run, so there is no result.
    """
    plan = find_plan(engine.store, params.plan)
    repository = await open_repository(engine.root)
    await _require_results(engine, repository, plan.id)
    preview = await repository.preview_landing(integration_branch(plan.id))
    if not params.token:
        return _view(plan, preview, None)
    require_consent(engine, _DEED, params.token, _token(preview), f"podium land {plan.id}")
    message = landing_message(plan.id, plan.objective)
    landed = await repository.land(preview.branch, message=message, expected=preview)
    event = Event(
        kind=EventKind.WORK_LANDED,
        subject=plan.id,
        message=f"{landed.kind} onto {landed.target}",
        data={"before": landed.before, "commit": landed.commit},
    )
    engine.store.transact(lambda tx: tx.record(event))
    return _view(plan, preview, landed)


async def _require_results(engine: Engine, repository: Repository, plan_id: str) -> None:
    """Check that the branch has every result that the store has recorded; rebuild a deleted branch.

    Raises:
        ConflictError: the plan has not run.
        MergeConflict: the branch was moved, or commits are lost.
    """
    recorded = recorded_commits(load_progress(engine.store, plan_id))
    found = await inspect_integration(repository, plan_id, recorded)
    if found.tip is None and found.missing:
        await restore_integration(repository, plan_id, found, "")
        found = await inspect_integration(repository, plan_id, recorded)
    if found.tip is None and not recorded:
        raise ConflictError(
            f"Plan {plan_id} has no result yet",
            why="it has not run",
            hints=[f"podium approve {plan_id}", f"podium run {plan_id}"],
        )
    if found.is_whole:
        return
    tasks = ", ".join((*found.lost, *(found.missing or ())))
    raise MergeConflict(
        f"The result of plan {plan_id} is not complete",
        why=f"its branch lacks the results of {tasks}",
        hints=[
            f"podium check {plan_id}",
            f"podium run {plan_id} repeats the lost tasks",
            f"git branch -f {integration_branch(plan_id)} {results_ref(plan_id)}",
        ],
    )


def _token(preview: LandingPreview) -> str:
    return content_hash(list(preview.base))[:16]


def _view(plan: Plan, preview: LandingPreview, landed: Landed | None) -> Landing:
    return Landing(
        plan_id=plan.id,
        branch=preview.branch,
        target=preview.target or "",
        kind=preview.kind,
        files=tuple(
            FileChange(path=each.path, added=each.added, deleted=each.deleted)
            for each in preview.stat.files
        ),
        commits=tuple(commit.subject for commit in preview.commits),
        conflicts=preview.conflicts,
        overwritten=preview.overwritten,
        token=_token(preview),
        landed=landed is not None,
        commit=landed.commit if landed else "",
        next="git log" if landed else f"podium land {plan.id}",
    )
