"""Finds findings, and locates them in the current files."""

from collections.abc import Sequence

from podium.entities.access import Reader
from podium.findings.anchoring import Lost
from podium.findings.relocation import Relocated, relocate
from podium.model import layout
from podium.model.findings import Finding
from podium.model.ids import Kind, resolve
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.syntax import SyntaxChecker


def all_findings(reader: Reader) -> list[Finding]:
    """Return all findings, most severe first, then by location."""
    return sorted(reader.list(layout.findings()).values(), key=worst_first)


def worst_first(finding: Finding) -> tuple[int, str, int, str]:
    """Return the position of a finding in a list: most severe first, then by location."""
    return (finding.severity.rank, finding.path, finding.range.start.line, finding.id)


def find_finding(reader: Reader, id_or_prefix: str) -> Finding:
    """Return the finding with this id or unique prefix.

    Raises:
        FindingNotFound: no finding matches.
        AmbiguousId: several match.
    """
    rows = {each.id: each for each in all_findings(reader)}
    return rows[resolve(Kind.FINDING, id_or_prefix, rows)]


async def currently_located(engine: Engine, findings: Sequence[Finding]) -> list[Finding]:
    """Return findings for display: open ones at their location in the current files.

    A finding whose location no longer exists is shown as stale. Findings of a run belong to its
    branch until it has landed, so they keep their recorded locations.
    """
    is_open = [each for each in findings if each.status is FindingStatus.OPEN]
    async with SyntaxChecker() as checker:
        followed = await relocate(checker, engine.root, is_open)
    now = {each.before.id: _displayed(each) for each in followed}
    return [shown(now.get(each.id, each)) for each in findings]


def shown(finding: Finding) -> Finding:
    """Return a finding without the fields that only programs need."""
    return finding.model_copy(update={"anchor": None}) if finding.anchor is not None else finding


def _displayed(followed: Relocated) -> Finding:
    match followed.now:
        case Lost() if followed.before.plan_id:
            return followed.before
        case Lost(finding, reason):
            return finding.model_copy(update={"status": FindingStatus.STALE, "reason": reason})
        case now:
            return now
