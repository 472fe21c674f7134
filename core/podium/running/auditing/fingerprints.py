"""Knows an observation again when it is seen a second time; pure.

Line numbers change with every edit above, so they do not count; what the line says does.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from podium.model.findings import Finding, Observation

_NUMBER = re.compile(r"\d+")
_LENGTH = 16


def with_fingerprints(observations: Iterable[Observation]) -> list[tuple[str, Observation]]:
    """Return every observation with its fingerprint; equal ones are counted from the top.

    One place is told twice when two auditors look at it: the first telling counts.
    """
    seen: dict[tuple[object, ...], Observation] = {}
    for each in observations:
        place = each.path, each.range.start, each.category, each.message
        seen.setdefault(place, each)
    times: Counter[tuple[str, ...]] = Counter()
    rows: list[tuple[str, Observation]] = []
    for each in sorted(seen.values(), key=lambda one: (one.path, one.range.start.line)):
        identity = _identity(each)
        rows.append((_hash(identity, times[identity]), each))
        times[identity] += 1
    return rows


def fingerprint_of(finding: Finding) -> str:
    """Return a finding's fingerprint, also of one that was stored without it."""
    return finding.fingerprint or _hash(_identity(finding), 0)


def _identity(said: Observation | Finding) -> tuple[str, ...]:
    own = said.identity if isinstance(said, Observation) else ""
    message = _NUMBER.sub("#", said.message)
    return said.category, said.path, "".join(said.snippet.split()), message, own


def _hash(identity: tuple[str, ...], times: int) -> str:
    text = "\0".join((*identity, str(times)))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_LENGTH]
