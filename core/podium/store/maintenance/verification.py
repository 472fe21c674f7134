"""Verifies the journal's hash chain against every anchor that is recorded elsewhere."""

from podium.store.disk.errors import storage_errors
from podium.store.journal.hash_chain import Anchor
from podium.store.journal.verify import ChainReport, verify_chain
from podium.store.maintenance.components import Components


def verify(parts: Components, trusted_end: Anchor | None) -> ChainReport:
    """Verify the chain from its beginning to its end; see `Maintenance.verify`."""
    with storage_errors("read the journal"):
        return verify_chain(parts.journal, _anchors(parts, trusted_end))


def _anchors(parts: Components, trusted_end: Anchor | None) -> dict[str, Anchor]:
    """Return the known positions in the chain, by the place where they are recorded."""
    anchors: dict[str, Anchor] = {}
    if (head := parts.head.read()) is not None:
        anchors["run/head"] = head
    mark = parts.checkpoints.mark()
    if mark and mark.digest:
        anchors["the checkpoint"] = Anchor(mark.sequence, mark.digest)
    for each in parts.snapshots.newest_first():
        anchors[f"the snapshot of {each.sequence}"] = Anchor(each.sequence, each.digest)
    if trusted_end is not None:
        anchors["the end recorded elsewhere"] = trusted_end
    return anchors
