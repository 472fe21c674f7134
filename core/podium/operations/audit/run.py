"""audit.run: audit the files of any git repository; needs neither a plan nor an agent."""

from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import Field

from podium.audits.external_tools import ToolsResult, audit_with_tools
from podium.audits.run_auditors import MAX_BYTES, audit_files, is_excluded
from podium.errors import ValidationError
from podium.findings.anchoring import with_anchors
from podium.findings.export import FindingFormat, findings_text
from podium.findings.relocation import (
    Relocated,
    follow_renames,
    refresh_anchors,
    relocate,
    relocate_all,
)
from podium.findings.tracking import (
    Origin,
    Raised,
    close_findings,
    finding_of,
    match_known,
    raise_findings,
)
from podium.model import layout
from podium.model.base import Frozen
from podium.model.config import AuditConfig
from podium.model.findings import Finding, Observation, Severity
from podium.model.states import FindingStatus
from podium.operations.engine import Place
from podium.operations.finding.views import shown
from podium.operations.operation import Effect, operation
from podium.projects.open_store import open_store
from podium.projects.trust import check_trusted
from podium.store import Transaction
from podium.syntax import SyntaxChecker
from podium.workspace.file_listing import Listing, list_all, list_changed, list_staged


class RunParams(Frozen):
    """Parameters of `audit.run`."""

    paths: tuple[str, ...] = Field(
        default=(), description="files and folders to audit; by default all"
    )
    since: str = Field(default="", description="audit only changes since this commit")
    staged: bool = Field(default=False, description="audit only the changes staged for commit")
    no_tools: bool = Field(
        default=False, description="skip the tools in the settings, so that no programs are started"
    )
    record: bool = Field(default=False, description="record the results as findings of the project")
    format: FindingFormat | str | None = Field(
        default=None,
        union_mode="left_to_right",
        description="also return one document: sarif, json or markdown",
    )


class AuditReport(Frozen):
    """The results of an audit."""

    findings: tuple[Finding, ...]
    """Most severe first; unrecorded findings have no id."""
    files: int
    lines: int
    dismissed: int
    """Number of results that were dismissed earlier."""
    fixed: int
    """Number of the project's findings that no longer occur."""
    notes: tuple[str, ...]
    passed: bool
    """Whether no finding is an error."""
    text: str


@operation("audit.run", Effect.WRITE)
async def run(place: Place, params: RunParams) -> AuditReport:
    """Find broken or unfinished code, secrets and stray files; needs no agent.

    Raises:
        NotARepository: the folder is not in a git worktree.
        GitError: the commit does not exist.
        NotFoundError: a path does not exist.
        PathOutsideWorkspace: a path is outside the worktree.
        NotTrusted: the settings name tools but are not trusted; `no_tools` skips them.
        ToolError: a tool did not produce a report.
    """
    _check(place, params)
    rules = place.config.config.audit
    listing = await _listing(place, params)
    async with SyntaxChecker() as checker:
        audited = await audit_files(checker, listing, rules)
        tools = await _with_tools(place, params, listing, rules)
        seen = [*audited.observations, *tools.observations]
        raised, fixed = await _raise(place, params, listing, seen, checker)
    findings = tuple(
        sorted(
            map(shown, raised.findings),
            key=lambda f: (f.severity.rank, f.path, f.range.start.line),
        )
    )
    return AuditReport(
        findings=findings,
        files=audited.files,
        lines=audited.lines,
        dismissed=raised.dismissed,
        fixed=fixed,
        notes=(*_not_audited(listing), *audited.notes, *tools.notes),
        passed=all(each.severity is not Severity.ERROR for each in findings),
        text=findings_text(findings, params.format) if params.format else "",
    )


def _not_audited(listing: Listing) -> list[str]:
    """Return a note for each requested path without a file to audit."""
    why = "git ignores it, or it contains no regular file"
    return [f"{path} was not audited: {why}" for path in listing.without_files]


def _check(place: Place, params: RunParams) -> None:
    if params.since and params.staged:
        raise ValidationError(
            "--since and --staged exclude each other",
            why="both were given",
            hints=["podium audit --since HEAD includes staged changes"],
        )
    if params.record and place.root is None:
        raise ValidationError(
            "Findings can only be recorded in a project",
            why="neither this folder nor any parent contains .podium",
            hints=["podium init makes this repository a project", "omit --record"],
        )


async def _listing(place: Place, params: RunParams) -> Listing:
    if params.staged:
        return await list_staged(place.folder, params.paths)
    if params.since:
        return await list_changed(place.folder, params.since, params.paths)
    return await list_all(place.folder, params.paths)


async def _with_tools(
    place: Place, params: RunParams, listing: Listing, rules: AuditConfig
) -> ToolsResult:
    """Run the tools in the settings, and keep their results for the audited files."""
    if params.no_tools or not rules.tools:
        return ToolsResult()
    if place.root is not None:
        check_trusted(place.root, place.config.project)
    audited = await audit_with_tools(listing.root, rules.tools)
    paths = {file.path for file in listing.files if not is_excluded(file.path, rules.exclude)}
    kept = [each for each in audited.observations if each.path in paths]
    return ToolsResult(kept, audited.notes)


async def _raise(
    place: Place,
    params: RunParams,
    listing: Listing,
    seen: list[Observation],
    checker: SyntaxChecker,
) -> tuple[Raised, int]:
    """Return the findings, and the number of other findings that are now fixed."""
    if place.root is None or place.home is None:
        return _unrecorded(seen, ()), 0
    store = open_store(place.home, place.actor, place.clock, lambda: place.config.config)
    try:
        stored = list(store.list(layout.findings()).values())
        if not params.record:
            return _unrecorded(seen, await follow_renames(place.root, stored)), 0
        kept = [each for each in stored if _is_kept(each, place.root)]
        followed = await relocate(checker, place.root, kept, patient=True)
        followed = await refresh_anchors(checker, place.root, followed)
        anchored = await with_anchors(checker, seen, await _texts(listing, seen))
        concerns = _is_in_scope(place, params, listing)
        return store.transact(lambda tx: _record(tx, followed, anchored, concerns))
    finally:
        store.close()


def _is_kept(finding: Finding, root: Path) -> bool:
    """Return whether an audit updates a finding; findings of a run belong to the run's branch.

    A fixed finding only follows its renamed file, in case it is found again.
    """
    is_fixed = finding.status is FindingStatus.FIXED and (root / finding.path).is_file()
    return finding.plan_id == "" and not is_fixed


async def _texts(listing: Listing, seen: Iterable[Observation]) -> dict[str, bytes]:
    """Return the contents of the files with observations, as the auditors saw them."""
    paths = {each.path for each in seen}
    texts: dict[str, bytes] = {}
    for file in listing.files:
        if file.path in paths:
            text = await listing.read(file, max_bytes=MAX_BYTES)
            texts |= {file.path: text} if text is not None else {}
    return texts


def _record(
    tx: Transaction,
    followed: Iterable[Relocated],
    seen: list[Observation],
    concerns: Callable[[Finding], bool],
) -> tuple[Raised, int]:
    # The auditors would have reported these findings again, so they are fixed, not lost.
    relocate_all(tx, followed, lambda finding: not concerns(finding))
    raised = raise_findings(tx, seen, Origin())
    return raised, len(close_findings(tx, seen, concerns))


def _is_in_scope(place: Place, params: RunParams, listing: Listing) -> Callable[[Finding], bool]:
    """Return a predicate that selects the findings that this audit would report again."""
    names = _auditor_names(params, place.config.config.audit)
    paths = {file.path for file in listing.files}
    everywhere = not params.paths

    def concerns(finding: Finding) -> bool:
        # An audit of changes does not report older problems.
        is_ours = listing.is_whole and finding.plan_id == "" and finding.said_by in names
        return is_ours and (everywhere or finding.path in paths)

    return concerns


def _auditor_names(params: RunParams, rules: AuditConfig) -> frozenset[str]:
    """Return the auditors that ran: only their findings can count as fixed."""
    enabled = {"syntax": rules.syntax, "secrets": rules.secrets}
    names = [name for name, is_on in enabled.items() if is_on]
    tools = () if params.no_tools else rules.tools
    return frozenset((*names, *(f"tool:{each.name}" for each in tools)))


def _unrecorded(seen: Iterable[Observation], stored: Iterable[Finding]) -> Raised:
    """Return findings without recording them; those already stored keep their ids."""
    raised = Raised()
    for match in match_known(seen, stored, None):
        if match.former is not None and match.former.status is FindingStatus.DISMISSED:
            raised.dismissed += 1
        else:
            finding_id = match.former.id if match.former is not None else ""
            raised.findings.append(finding_of(match.seen, finding_id, match.fingerprint, Origin()))
    return raised
