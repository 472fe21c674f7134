"""finding.fix: fix a finding with its suggested edit, or with the consultant."""

from dataclasses import dataclass

import anyio.to_thread
from pydantic import Field

from podium.agents.call_costs import ended_call
from podium.agents.selection import chosen_agent, resolve_agent
from podium.entities.ledger import note_lone_call
from podium.errors import ValidationError, WriteConflict
from podium.findings.anchoring import Lost
from podium.findings.consultant_fix import ask_consultant
from podium.findings.relocation import Relocated, relocate
from podium.findings.suggested_edits import apply_suggestion, check_no_worse, diff_text
from podium.findings.tracking import change_status
from podium.model.agents import AgentRequest, Role
from podium.model.base import Frozen, content_hash
from podium.model.findings import Finding
from podium.model.states import FINDING_MACHINE, FindingStatus
from podium.operations.confirmation import Asking, Confirmation, Fact
from podium.operations.engine import Engine
from podium.operations.finding.views import find_finding, shown
from podium.operations.operation import Effect, operation
from podium.operations.writing import WrittenBy
from podium.ports.dispatcher import CallOutcome
from podium.projects.project_files import decode, replace_project_file
from podium.projects.repositories import open_repository
from podium.projects.sandbox import project_sandbox
from podium.projects.trust import check_trusted
from podium.syntax import SyntaxChecker
from podium.workspace.paths import resolve_inside


class FixParams(Frozen):
    """Parameters of `finding.fix`."""

    finding: str = Field(description="id or unique prefix")
    preview: bool = Field(default=False, description="only show what would change")
    consultant: bool = Field(
        default=False, description="let the consultant fix it instead of using the suggested edit"
    )
    agent: str = Field(default="", description="the agent to use as consultant")
    options: dict[str, str] = Field(default_factory=dict, description="options of that agent")
    written_by: WrittenBy = Field(
        default=WrittenBy.PODIUM,
        description="who writes the new text to the file; after an editor, the finding stays open",
    )
    content: str | None = Field(
        default=None, description="the approved content of the file, used instead of a new edit"
    )
    token: str = Field(default="", description="token of the approved file and content")


class FixResult(Frozen):
    """The result of a fix, or its preview."""

    finding: Finding
    diff: str
    applied: bool
    content: str = ""
    """The whole content of the file after the change, for an editor to insert."""


@dataclass(frozen=True)
class _Change:
    """The new content of the file.

    Args:
        finding: the finding at its current location.
    """

    finding: Finding
    before: bytes
    after: bytes

    @property
    def diff(self) -> str:
        return diff_text(self.finding.path, self.before, self.after)

    @property
    def token(self) -> str:
        return content_hash([self.finding.path, self.before.hex(), self.after.hex()])[:16]


async def confirm(engine: Engine, params: FixParams) -> Confirmation | None:
    """Ask for confirmation of the exact edit; generate a consultant's edit once, before asking.

    Raises:
        PodiumError: see the operation.
    """
    if params.preview:
        return None
    change = await _change(engine, params)
    finding = change.finding
    by_editor = params.written_by is WrittenBy.EDITOR
    return Confirmation(
        operation="finding.fix",
        effect=Effect.DESTRUCTIVE,
        subject=f"finding {finding.id}",
        question=f"Change {finding.path} to fix finding {finding.id}?",
        brief="Change the file like this?",
        yes="Fix",
        deed="fix a finding",
        facts=(
            Fact(label="File", values=(finding.path,), quoted=True),
            Fact(label="Finding", values=(finding.message,), quoted=True),
            Fact(label="Edit made by", values=("consultant" if _by_agent(params) else "finding",)),
        ),
        diff=change.diff,
        asking=Asking.IN_EDITOR if by_editor else Asking.UNLESS_NAMED,
        only_person=False,
        bound=params.model_copy(
            update={
                "finding": finding.id,
                "content": change.after.decode("utf-8", "surrogateescape"),
                "token": change.token,
            }
        ),
    )


@operation("finding.fix", Effect.DESTRUCTIVE, confirm=confirm)
async def fix(engine: Engine, params: FixParams) -> FixResult:
    """Fix a finding in its file, using its suggested edit or the consultant.

    Changes one file atomically, and only if that does not cause a new syntax error. The consultant
    works in a separate folder, from which only this file is copied back.

    Raises:
        StateTransitionError: the finding is not open.
        ValidationError: there is no suggested edit, or the edit would break the file.
        WriteConflict: the code that the finding refers to is no longer in the file, or the file
            changed.
        AgentFailed, AgentUnavailable, NotTrusted: the consultant cannot fix it.
        FindingNotFound: no finding has this id.
    """
    change = await _change(engine, params)
    finding, diff = change.finding, change.diff
    is_bound = bool(params.token) or params.content is not None
    if is_bound and params.token != change.token:
        raise WriteConflict(
            f"{finding.path} changed since the preview",
            hints=[f"podium fix {finding.id} --preview"],
        )
    if params.preview:
        return FixResult(finding=shown(finding), diff=diff, applied=False)
    if params.written_by is WrittenBy.EDITOR:
        content = decode(change.after, finding.path)
        return FixResult(finding=shown(finding), diff=diff, applied=False, content=content)
    replace_project_file(engine.root, finding.path, change.after, expected=change.before)
    fixed = engine.store.transact(
        lambda tx: change_status(
            tx, find_finding(tx, finding.id), FindingStatus.FIXED, _how(params)
        )
    )
    return FixResult(finding=shown(fixed), diff=diff, applied=True)


async def _change(engine: Engine, params: FixParams) -> _Change:
    """Return the requested change after checking that it does not introduce syntax errors."""
    stored = find_finding(engine.store, params.finding)
    FINDING_MACHINE.check(stored.id, stored.status, FindingStatus.FIXED)
    async with SyntaxChecker() as checker:
        (followed,) = await relocate(checker, engine.root, [stored])
        finding = _current_finding(engine, params, followed)
        before = resolve_inside(engine.root, finding.path).read_bytes()
        after = await _fixed(engine, params, finding, before)
        await check_no_worse(checker, finding.path, before, after)
    return _Change(finding, before, after)


def _current_finding(engine: Engine, params: FixParams, followed: Relocated) -> Finding:
    match followed.now:
        case Lost(finding, _) if not resolve_inside(engine.root, finding.path).is_file():
            raise ValidationError(
                f"The file {finding.path} no longer exists",
                hints=[f"podium settle {finding.id} --status stale"],
            )
        case Lost(finding, reason) if _by_agent(params):
            # An agent that is given a wrong location would fix the wrong code.
            raise WriteConflict(
                f"The code that finding {finding.id} refers to has changed",
                why=reason,
                hints=[f"podium audit {finding.path}"],
            )
        case Lost(finding, _):
            # Applying the suggested edit checks that it still fits.
            return finding
        case finding:
            return finding


async def _fixed(engine: Engine, params: FixParams, finding: Finding, before: bytes) -> bytes:
    if params.content is not None:
        return params.content.encode("utf-8", "surrogateescape")
    if not _by_agent(params):
        return apply_suggestion(before, finding)
    config = engine.config.config
    check_trusted(engine.root, engine.config.project)
    asked = chosen_agent(params.agent, params.options)
    choice = resolve_agent(engine.root, config, Role.CONSULTANT, asked)
    limits = config.run.limits
    repository = await open_repository(engine.root)

    async def note(request: AgentRequest, outcome: CallOutcome) -> None:
        call = await ended_call(request, outcome, config.budget.billing)
        note_lone_call(engine.store, call, plan_id=finding.plan_id, task_id=finding.task_id)

    sandbox = await anyio.to_thread.run_sync(project_sandbox, engine.root, engine.config)
    return await ask_consultant(
        engine.dispatcher, repository, finding, choice, limits, note, sandbox
    )


def _by_agent(params: FixParams) -> bool:
    return params.consultant or bool(params.agent)


def _how(params: FixParams) -> str:
    return "fixed by the consultant" if _by_agent(params) else "fixed by its suggested edit"
