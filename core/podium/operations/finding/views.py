"""How findings are found."""

from podium.model import layout
from podium.model.findings import Finding
from podium.model.ids import Kind, resolve
from podium.running.records import Reader


def all_findings(reader: Reader) -> list[Finding]:
    """Return all findings, worst first, then by place."""
    rows = reader.list(layout.findings()).values()
    return sorted(rows, key=lambda f: (f.severity.rank, f.path, f.range.start.line, f.id))


def find_finding(reader: Reader, wanted: str) -> Finding:
    """Return the finding that an id or a unique prefix names.

    Raises:
        FindingNotFound: there is none.
        AmbiguousId: several match.
    """
    rows = {each.id: each for each in all_findings(reader)}
    return rows[resolve(Kind.FINDING, wanted, rows)]
