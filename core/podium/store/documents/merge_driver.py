"""The git merge driver for documents: merges three files into one.

A document that cannot be merged by key falls back to git's line merge, so that conflict markers
appear as in any other file.
"""

import subprocess
from pathlib import Path

from podium.model.base import canonical_text
from podium.store.documents.merge import MergeResult, merge_documents
from podium.store.documents.parsing import parse_document
from podium.store.journal.record import JsonObject

ATTRIBUTES_FILE = ".gitattributes"
ATTRIBUTES_TEXT = """\
# Documents are merged key by key where the merge driver is installed: podium init --merge-driver
*.json merge=podium
"""
MERGED, CLASHES = 0, 1


def merge_files(base: str, ours: str, theirs: str, path: str) -> int:
    """Merge three versions of a document into the file `ours`, as git expects from a merge driver.

    Args:
        base: the file of the common ancestor; empty if the sides have no common ancestor.
        ours: the file of this branch's version, which receives the result.
        theirs: the file of the other branch's version.
        path: the document's path in the repository, for the conflict markers.

    Returns:
        The exit code for git: 0 if merged, 1 if a person has to resolve conflicts.
    """
    merged = _merged_by_key(Path(base), Path(ours), Path(theirs))
    if merged is not None and not merged.conflicts:
        Path(ours).write_text(canonical_text(merged.value), encoding="utf-8")
        return MERGED
    labels = [f"{side}:{path}" for side in ("ours", "base", "theirs")]
    options = [part for label in labels for part in ("-L", label)]
    command = ["git", "merge-file", "--diff3", *options, ours, base, theirs]
    done = subprocess.run(command, check=False)
    return CLASHES if done.returncode or merged is not None else MERGED


def _merged_by_key(base: Path, ours: Path, theirs: Path) -> MergeResult | None:
    """Return the merge by key, or None if one of the three is not a document."""
    former = _document(base) if base.stat().st_size else {}
    mine, yours = _document(ours), _document(theirs)
    if former is None or mine is None or yours is None:
        return None
    return merge_documents(former, mine, yours)


def _document(path: Path) -> JsonObject | None:
    try:
        return parse_document(path.read_bytes())[0]
    except ValueError:
        return None
