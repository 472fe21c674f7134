"""Stores observations as findings: adds new ones, updates, reopens or closes known ones.

A dismissed finding is not raised again. A fixed finding that is observed again is reopened and
keeps its history.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from podium.findings.fingerprints import fingerprint_of, first_paths_of, with_fingerprints
from podium.model import layout
from podium.model.events import Event, EventKind
from podium.model.findings import Finding, Observation
from podium.model.ids import Kind, new_id
from podium.model.states import FINDING_MACHINE, FindingStatus
from podium.store import Transaction

_REOPENED = frozenset({FindingStatus.FIXED, FindingStatus.STALE})


@dataclass(frozen=True)
class Origin:
    """The plan, task, run and attempt from which a finding comes."""

    plan_id: str = ""
    task_id: str = ""
    run_id: str = ""
    attempt: int = 0


@dataclass
class Raised:
    """The findings raised from observations.

    Args:
        findings: the open findings, in the order of the observations.
        dismissed: the number of observations that match a dismissed finding.
    """

    findings: list[Finding] = field(default_factory=list[Finding])
    dismissed: int = 0


def raise_findings(tx: Transaction, observations: Iterable[Observation], origin: Origin) -> Raised:
    """Store observations as findings, without duplicates."""
    stored = tx.list(layout.findings()).values()
    known = _by_fingerprint(stored, origin.plan_id)
    taken = {each.id for each in stored}
    raised = Raised()
    for fingerprint, seen in with_fingerprints(observations, first_paths_of(stored)):
        former = known.get(fingerprint)
        if former is None:
            raised.findings.append(_add(tx, seen, fingerprint, origin, taken))
        elif former.status is FindingStatus.DISMISSED:
            raised.dismissed += 1
        else:
            raised.findings.append(_update(tx, former, seen, fingerprint, origin))
    return raised


def close_findings(
    tx: Transaction, still_seen: Iterable[Observation], concerns: Callable[[Finding], bool]
) -> list[Finding]:
    """Mark open findings of this audit as fixed if they no longer occur, and return them."""
    stored = tx.list(layout.findings()).values()
    fingerprints = with_fingerprints(still_seen, first_paths_of(stored))
    seen = {fingerprint for fingerprint, _ in fingerprints}
    closed: list[Finding] = []
    for finding in stored:
        if finding.status is not FindingStatus.OPEN or not concerns(finding):
            continue
        if fingerprint_of(finding) not in seen:
            closed.append(change_status(tx, finding, FindingStatus.FIXED, ""))
    return closed


def known_findings(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the findings of a project by fingerprint; dismissed findings take precedence."""
    return _by_fingerprint(findings, None)


def change_status(tx: Transaction, finding: Finding, status: FindingStatus, reason: str) -> Finding:
    """Change the status of a finding and record an event.

    Raises:
        StateTransitionError: the transition is not allowed; the error lists the allowed ones.
    """
    FINDING_MACHINE.check(finding.id, finding.status, status)
    changed = finding.model_copy(update={"status": status, "reason": reason})
    tx.put(layout.finding(finding.id), changed)
    message = f"{finding.status} → {status}" + (f": {reason}" if reason else "")
    tx.record(Event(kind=EventKind.FINDING_CHANGED, subject=finding.id, message=message))
    return changed


def finding_of(seen: Observation, finding_id: str, fingerprint: str, origin: Origin) -> Finding:
    """Create a finding from an observation."""
    return Finding(
        id=finding_id,
        path=seen.path,
        range=seen.range,
        severity=seen.severity,
        category=seen.category,
        message=seen.message,
        suggested_edit=seen.suggested_edit,
        said_by=seen.said_by,
        plan_id=origin.plan_id,
        task_id=origin.task_id,
        run_id=origin.run_id,
        attempt=origin.attempt,
        snippet=seen.snippet,
        fingerprint=fingerprint,
        anchor=seen.anchor,
    )


def _by_fingerprint(findings: Iterable[Finding], plan_id: str | None) -> dict[str, Finding]:
    """Return findings by fingerprint.

    Findings are separate for each plan, so that a plan's report stays correct; a dismissal applies
    to all plans.
    """
    found: dict[str, Finding] = {}
    for finding in findings:
        is_dismissed = finding.status is FindingStatus.DISMISSED
        fingerprint = fingerprint_of(finding)
        if is_dismissed or (plan_id in (None, finding.plan_id) and fingerprint not in found):
            found[fingerprint] = finding
    return found


def _add(
    tx: Transaction, seen: Observation, fingerprint: str, origin: Origin, taken: set[str]
) -> Finding:
    finding = finding_of(seen, new_id(Kind.FINDING, taken), fingerprint, origin)
    taken.add(finding.id)
    tx.put(layout.finding(finding.id), finding)
    message = f"{finding.path}:{finding.range.start.line} {finding.message}"
    tx.record(Event(kind=EventKind.FINDING_ADDED, subject=finding.id, message=message))
    return finding


def _update(
    tx: Transaction, former: Finding, seen: Observation, fingerprint: str, origin: Origin
) -> Finding:
    """Update a known finding from an observation; reopen it if it was fixed or stale."""
    now = finding_of(seen, former.id, fingerprint, origin).model_copy(
        update={
            "task_id": origin.task_id or former.task_id,
            "first_path": former.first_path,
        }
    )
    if former.status in _REOPENED:
        message = f"{former.status} → {FindingStatus.OPEN}: found again"
        tx.record(Event(kind=EventKind.FINDING_CHANGED, subject=former.id, message=message))
    if now != former:
        tx.put(layout.finding(former.id), now)
    return now
