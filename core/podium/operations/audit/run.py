"""audit.run: look for what is wrong in any git repository; no plan and no agent is needed."""

from collections.abc import Iterable

from pydantic import Field

from podium.errors import ValidationError
from podium.model import layout
from podium.model.base import Frozen
from podium.model.config import AuditConfig
from podium.model.findings import Finding, Observation, Severity
from podium.model.states import FindingStatus
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.running.auditing.built_in import audit_files, is_excluded
from podium.running.auditing.documents import FindingFormat, findings_text
from podium.running.auditing.fingerprints import with_fingerprints
from podium.running.auditing.raising import (
    Origin,
    Raised,
    close_findings,
    finding_of,
    known_findings,
    raise_findings,
)
from podium.running.auditing.tools import ToolsAudited, audit_with_tools
from podium.running.trust import check_trusted
from podium.store import Store, Transaction
from podium.syntax import SyntaxChecker
from podium.workspace.listing import Listing, list_all, list_changed, list_staged


class RunParams(Frozen):
    """What is asked."""

    paths: tuple[str, ...] = Field(
        default=(), description="files and folders to look at; everything if left out"
    )
    since: str = Field(default="", description="only what changed since this commit")
    staged: bool = Field(default=False, description="only what the next commit would change")
    no_tools: bool = Field(
        default=False, description="without the tools of the settings: nothing is started"
    )
    record: bool = Field(default=False, description="keep what is found as the project's findings")
    format: FindingFormat | None = Field(
        default=None, description="also as one document: sarif, json or markdown"
    )


class AuditReport(Frozen):
    """What was found."""

    findings: tuple[Finding, ...]
    """Worst first; one that is not kept has no id."""
    files: int
    lines: int
    dismissed: int
    """How many were seen that a person had dismissed."""
    fixed: int
    """How many findings of the project are gone."""
    notes: tuple[str, ...]
    passed: bool
    """No finding is an error."""
    text: str


@operation("audit.run", Effect.WRITE)
async def run(place: Place, params: RunParams) -> AuditReport:
    """Look for what is broken, unfinished, secret or there by mistake; no agent is needed.

    Raises:
        NotARepository: the folder is not in a git work tree.
        GitError: there is no such commit.
        PathOutsideWorkspace: a path leads out of the work tree.
        NotTrusted: the settings name tools that nobody trusted; `no_tools` leaves them out.
        ToolError: a tool delivers no report.
    """
    _check(place, params)
    rules = place.config.config.audit
    listing = await _listing(place, params)
    async with SyntaxChecker() as checker:
        audited = await audit_files(checker, listing, rules)
    tools = await _with_tools(place, params, listing, rules)
    seen = (*audited.observations, *tools.observations)
    sayers = _sayers(params, rules)
    raised, fixed = _raise(place, params, listing, seen, sayers)
    findings = tuple(
        sorted(raised.findings, key=lambda f: (f.severity.rank, f.path, f.range.start.line))
    )
    return AuditReport(
        findings=findings,
        files=audited.files,
        lines=audited.lines,
        dismissed=raised.dismissed,
        fixed=fixed,
        notes=tuple(tools.notes),
        passed=all(each.severity is not Severity.ERROR for each in findings),
        text=findings_text(findings, params.format) if params.format else "",
    )


def _check(place: Place, params: RunParams) -> None:
    if params.since and params.staged:
        raise ValidationError(
            "Either since a commit or what is staged",
            why="both were asked for",
            hints=["podium audit --since HEAD holds what is staged, too"],
        )
    if params.record and place.root is None:
        raise ValidationError(
            "Findings are kept in a project",
            why="there is no .podium folder here or above",
            hints=["podium init makes this repository a project", "leave --record out"],
        )


async def _listing(place: Place, params: RunParams) -> Listing:
    if params.staged:
        return await list_staged(place.folder, params.paths)
    if params.since:
        return await list_changed(place.folder, params.since, params.paths)
    return await list_all(place.folder, params.paths)


async def _with_tools(
    place: Place, params: RunParams, listing: Listing, rules: AuditConfig
) -> ToolsAudited:
    """Run the tools of the settings, and keep what they say of the files in question."""
    if params.no_tools or not rules.tools:
        return ToolsAudited()
    if place.root is not None:
        check_trusted(place.root, place.config.project)
    audited = await audit_with_tools(listing.root, rules.tools)
    paths = {file.path for file in listing.files if not is_excluded(file.path, rules.exclude)}
    kept = [each for each in audited.observations if each.path in paths]
    return ToolsAudited(kept, audited.notes)


def _raise(
    place: Place,
    params: RunParams,
    listing: Listing,
    seen: tuple[Observation, ...],
    sayers: frozenset[str],
) -> tuple[Raised, int]:
    """Return the findings, and how many others are fixed now."""
    if place.root is None:
        return _unrecorded(seen, ()), 0
    store = Store.open(
        place.root / ".podium", actor=place.actor, shapes=layout.SHAPES, clock=place.clock
    )
    try:
        if params.record:
            return store.transact(lambda tx: _record(tx, params, listing, seen, sayers))
        return _unrecorded(seen, store.list(layout.findings()).values()), 0
    finally:
        store.close()


def _record(
    tx: Transaction,
    params: RunParams,
    listing: Listing,
    seen: tuple[Observation, ...],
    sayers: frozenset[str],
) -> tuple[Raised, int]:
    raised = raise_findings(tx, seen, Origin())
    if not listing.is_whole:
        # What was there before the change is not looked at, so nothing can be called gone.
        return raised, 0
    paths = {file.path for file in listing.files}
    everywhere = not params.paths

    def concerns(finding: Finding) -> bool:
        is_ours = finding.plan_id == "" and finding.said_by in sayers
        return is_ours and (everywhere or finding.path in paths)

    return raised, len(close_findings(tx, seen, concerns))


def _sayers(params: RunParams, rules: AuditConfig) -> frozenset[str]:
    """Return who looked, so that their silence says something."""
    looked = {"syntax": rules.syntax, "secrets": rules.secrets}
    names = [name for name, did in looked.items() if did]
    tools = () if params.no_tools else rules.tools
    return frozenset((*names, *(f"tool:{each.name}" for each in tools)))


def _unrecorded(seen: tuple[Observation, ...], stored: Iterable[Finding]) -> Raised:
    """Return findings that nobody keeps; a stored one gives its id."""
    known = known_findings(stored)
    raised = Raised()
    for fingerprint, each in with_fingerprints(seen):
        former = known.get(fingerprint)
        if former is not None and former.status is FindingStatus.DISMISSED:
            raised.dismissed += 1
        else:
            finding_id = former.id if former is not None else ""
            raised.findings.append(finding_of(each, finding_id, fingerprint, Origin()))
    return raised
