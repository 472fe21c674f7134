"""Verifies the journal's hash chain against every place that names one of its lines.

Must not know what the lines say.
"""

from podium.store.disk.errors import storage_errors
from podium.store.journal.hash_chain import Anchor
from podium.store.journal.verify import Audit, audit
from podium.store.maintenance.components import Components


def verify(parts: Components, kept_elsewhere: Anchor | None) -> Audit:
    """Check the chain from its beginning to its end; see `Maintenance.audit`."""
    with storage_errors("read the journal"):
        return audit(parts.journal, _anchors(parts, kept_elsewhere))


def _anchors(parts: Components, kept_elsewhere: Anchor | None) -> dict[str, Anchor]:
    """Return the known places of the chain, by who knows them."""
    anchors: dict[str, Anchor] = {}
    if (head := parts.head.read()) is not None:
        anchors["run/head"] = head
    mark = parts.checkpoints.mark()
    if mark and mark.digest:
        anchors["the checkpoint"] = Anchor(mark.sequence, mark.digest)
    for each in parts.snapshots.newest_first():
        anchors[f"the snapshot of {each.sequence}"] = Anchor(each.sequence, each.digest)
    if kept_elsewhere is not None:
        anchors["the one kept elsewhere"] = kept_elsewhere
    return anchors
