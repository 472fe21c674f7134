"""Fingerprints that identify an observation when it is seen again.

They depend on the text of the line, not on its number, which changes with every edit above it.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from podium.model.findings import Finding, Observation

_NUMBER = re.compile(r"\d+")
_LENGTH = 16
_FORMER_WORDING = (
    ("the symlink points outside the project", "the link points out of the project"),
    ("the file does not exist; the task", "there is no such file; the task"),
    (
        "no unit in this file is complete; write the whole file",
        "nothing in it is complete; write it whole",
    ),
    (
        "keep everything up to there, and continue with what the task still requires",
        "keep what stands before, and continue from there with what the task still asks for",
    ),
    (
        "this value looks like a secret; remove it and rotate it",
        "A value that looks secret stands in the text; take it out, and replace it where it is in"
        " use",
    ),
    (
        "a credential in the file; remove it and rotate it",
        "a credential stands in the text; take it out, and replace it where it is in use",
    ),
    ("a new build artifact", "a build makes such a file; it is new here"),
    ("a new temporary or backup file", "a program left this file behind; it is new here"),
    (" (also on lines ", " (more such places: line "),
    ("(no message)", "(the tool says nothing)"),
    ("the grammar cannot parse this file", "the grammar cannot make sense of this file"),
    ("cannot parse the text starting with `", "cannot make sense of what begins with `"),
    ("cannot parse `", "cannot make sense of `"),
    ("; the file ends before it is complete", "; the file ends before it is finished"),
    ('" has no matching opener', '" closes nothing that is open'),
    ("unresolved merge conflict from line ", "a merge conflict is left in the file, from line "),
    ("the file is empty; it had ", "the file is empty; there were "),
    ("the last line is truncated; it was `", "the last line is cut; it was `"),
    ("the file no longer ends with a newline", "the file does not end with a newline any more"),
    (
        " definitions are gone without a replacement: ",
        " definitions are gone and nothing came instead: ",
    ),
    (
        "no longer defined; the task does not say to remove it",
        "not defined any more; the task did not say it should go",
    ),
    ("is still used, but no longer defined", "is still used, but it is not defined any more"),
    ("is missing; a string may be unterminated", "is gone; a string may have lost its end"),
    ("imported but no longer used: ", "imported, but not used any more: "),
    ("imported but not used: ", "imported, but not used here: "),
    ("used but not defined: ", "used, but not defined: "),
    ("placeholder instead of code: `", "a placeholder stands where code should be: `"),
    (" rejects this: ", " refuses this: "),
    ("is not defined here, but the task expects it", "is not defined here; the task expects it"),
    (" lines are missing, starting with `", " more lines followed before, starting with `"),
    ("a note that it is not implemented yet", "a note that it still has to be written"),
)
"""Current and previous wording of messages; fingerprints use the previous one.

Otherwise, a dismissed finding would be raised again after its message was reworded.
"""


def with_fingerprints(
    observations: Iterable[Observation], first_paths: Mapping[str, str] | None = None
) -> list[tuple[str, Observation]]:
    """Return all observations with fingerprints; those alike in a file are numbered.

    If two auditors report the same problem at the same location, the first report counts.

    Args:
        observations: the observations of one audit.
        first_paths: for renamed files, the path at which their findings were first seen, by
            current path.
    """
    named = first_paths or {}
    seen: dict[tuple[object, ...], Observation] = {}
    for each in observations:
        place = each.path, each.range.start, each.category, each.message
        seen.setdefault(place, each)
    times: Counter[tuple[str, ...]] = Counter()
    rows: list[tuple[str, Observation]] = []
    for each in sorted(seen.values(), key=lambda one: (one.path, one.range.start.line)):
        identity = _identity(each, named.get(each.path, each.path))
        # A renamed file and a new file of its former name are numbered separately.
        rows.append((_hash(identity, times[each.path, *identity]), each))
        times[each.path, *identity] += 1
    return rows


def fingerprint_of(finding: Finding) -> str:
    """Return a finding's fingerprint; compute it if the finding was stored without one."""
    path = finding.first_path or finding.path
    return finding.fingerprint or _hash(_identity(finding, path), 0)


def first_paths_of(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the first paths of renamed files by their current path."""
    return {each.path: each.first_path for each in findings if each.first_path}


def _identity(item: Observation | Finding, path: str) -> tuple[str, ...]:
    own = item.identity if isinstance(item, Observation) else ""
    message = item.message
    for present, former in _FORMER_WORDING:
        message = message.replace(present, former)
    message = _NUMBER.sub("#", message)
    return item.category, path, "".join(item.snippet.split()), message, own


def _hash(identity: tuple[str, ...], times: int) -> str:
    text = "\0".join((*identity, str(times)))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_LENGTH]
