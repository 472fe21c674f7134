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


@dataclass(frozen=True)
class Match:
    """An observation, and the known finding that it repeats.

    Args:
        fingerprint: the fingerprint of the observation.
        seen: the observation.
        former: the finding; None if the observation is new.
    """

    fingerprint: str
    seen: Observation
    former: Finding | None


def raise_findings(tx: Transaction, observations: Iterable[Observation], origin: Origin) -> Raised:
    """Store observations as findings, without duplicates."""
    stored = tx.list(layout.findings()).values()
    taken = {each.id for each in stored}
    raised = Raised()
    for match in match_known(observations, stored, origin.plan_id):
        former, seen = match.former, match.seen
        if former is None:
            raised.findings.append(_add(tx, seen, match.fingerprint, origin, taken))
        elif former.status is FindingStatus.DISMISSED:
            raised.dismissed += 1
        else:
            raised.findings.append(_update(tx, former, seen, match.fingerprint, origin))
    return raised


def close_findings(
    tx: Transaction, still_seen: Iterable[Observation], concerns: Callable[[Finding], bool]
) -> list[Finding]:
    """Mark open findings of this audit as fixed if they no longer occur, and return them."""
    stored = tx.list(layout.findings()).values()
    rows = with_fingerprints(still_seen, first_paths_of(stored))
    seen = {(fingerprint, each.path) for fingerprint, each in rows}
    closed: list[Finding] = []
    for finding in stored:
        if finding.status is not FindingStatus.OPEN or not concerns(finding):
            continue
        if (fingerprint_of(finding), finding.path) not in seen:
            closed.append(change_status(tx, finding, FindingStatus.FIXED, ""))
    return closed


def match_known(
    observations: Iterable[Observation], stored: Iterable[Finding], plan_id: str | None
) -> list[Match]:
    """Match observations with known findings; no finding is matched twice.

    A finding in the same file takes precedence over one in a file that was renamed, for instance
    if there is a new file of its former name.

    Args:
        observations: the observations of one audit.
        stored: the findings of the project, under the current paths of their files.
        plan_id: the plan whose findings are known; findings of any plan if None.
    """
    rows = list(stored)
    known = [each for each in rows if _is_known(each, plan_id)]
    named = with_fingerprints(observations, first_paths_of(rows))
    # Dismissed findings take precedence, then the first one.
    known.sort(key=lambda each: each.status is not FindingStatus.DISMISSED)
    by_fingerprint: dict[str, list[Finding]] = {}
    for each in known:
        by_fingerprint.setdefault(fingerprint_of(each), []).append(each)
    former: dict[int, Finding] = {}
    taken: set[str] = set()
    for may_move in (False, True):
        for index, (fingerprint, seen) in enumerate(named):
            for each in by_fingerprint.get(fingerprint, ()) if index not in former else ():
                if each.id not in taken and (may_move or each.path == seen.path):
                    former[index] = each
                    taken.add(each.id)
                    break
    return [Match(*row, former.get(index)) for index, row in enumerate(named)]


def _is_known(finding: Finding, plan_id: str | None) -> bool:
    """Return whether an observation of a plan can be this finding.

    Findings are separate for each plan, so that a plan's report stays correct; a dismissal applies
    to all plans.
    """
    return plan_id in (None, finding.plan_id) or finding.status is FindingStatus.DISMISSED


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
