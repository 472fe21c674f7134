"""How much an assertion demands, and whether another one demands less."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import IntEnum


class Strength(IntEnum):
    """How much an assertion demands."""

    NOTHING = 0
    """It holds whatever the code does."""
    EXISTENCE = 1
    PARTIAL = 2
    EXACT = 3


_NOTHING = re.compile(
    r"^assert\s+(?:True|1|not False)\s*(?:,.*|#.*)?$|\bor True\b|\bassertTrue\(\s*True\b"
    r"|\bassertFalse\(\s*False\b|\bexpect\(\s*true\s*\)\.to(?:Be\(true\)|BeTruthy)"
    r"|\bassert\(\s*true\s*\)|\bassert!\(\s*true\b|\bassert\.(?:ok|True)\((?:t,\s*)?true\b"
)
_VAGUE_ERROR = re.compile(
    r"\b(?:raises|assertRaises)\(\s*(?:Exception|BaseException)\s*[,)]|\.toThrow\(\s*\)"
)
_EXISTS = re.compile(
    r"is not None|\bassertIsNotNone\b|\btoBe(?:Defined|Truthy)\b|\.not\.to(?:BeNull|Throw)"
    r"|\bassertNotNull\b|\.(?:NotNil|NotEmpty|NoError)\(|\bis_(?:some|ok)\(\)"
)
_PARTIAL = re.compile(
    r"\bapprox\(|\btoBeCloseTo\b|AlmostEqual|\bnot in\b|\s+in\s+|\bassert(?:Not)?In\b"
    r"|\bto(?:Contain|Match)\w*|ObjectContaining|objectContaining|\bassert(?:Greater|Less)\w*"
    r"|\btoBe(?:Greater|Less)\w*|[^<>=!-][<>]=?[^<>]|!==?|\.Not\w+\(|NotEqual|\bassert_ne!|startswith"
    r"|endswith|\.(?:Contains|Greater|Less|InDelta)\(|assertRegex"
)
_EXACT = re.compile(
    r"===?|\bassert\w*Equals?\b|\bto(?:Be|Equal|StrictEqual)\(|\bassert_eq!|\.Equal\(|\bEqual\w*\("
    r"|is (?:True|False|None)\b|\bassertIs(?:None)?\b|\.eq\(|\bdeepEqual\b|\bstrictEqual\b|\beq\("
    r"|\b(?:raises|assertRaises|toThrow|should_panic)\b|assert_called\w*with"
)
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TOLERANCE = re.compile(
    r"\b(?:abs|rel|delta|atol|rtol|tolerance|epsilon|eps)\w*\s*[=:]\s*([\d.]+(?:[eE][+-]?\d+)?)"
)
_DIGITS = re.compile(r"\bplaces\s*=\s*(\d+)|\btoBeCloseTo\(.*,\s*(\d+)\s*\)")
_UPPER = re.compile(r"[^<>=-]<=?[^<>]|LessThan|assertLess|\.Less")
_LOWER = re.compile(r"[^<>=-]>=?[^<>]|GreaterThan|assertGreater|\.Greater")
_ALIKE = 0.45


def strength_of(assertion: str) -> Strength:
    """Return how much an assertion demands."""
    if _NOTHING.search(assertion):
        return Strength.NOTHING
    if _EXISTS.search(assertion):
        return Strength.EXISTENCE
    if _VAGUE_ERROR.search(assertion):
        return Strength.PARTIAL
    # A comparison decides even if one side contains a container test.
    if "approx(" not in assertion and _EXACT.search(assertion):
        return Strength.EXACT
    return Strength.PARTIAL if _PARTIAL.search(assertion) else Strength.EXISTENCE


def changed(base: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the assertions that are only in the base, and those that are only in the new text."""
    before, after = Counter(base), Counter(new)
    gone = [each for each in base if (before - after)[each] > 0]
    return list(dict.fromkeys(gone)), [each for each in new if (after - before)[each] > 0]


def loosened(removed: Sequence[str], gained: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each assertion with the one that replaces it and demands less."""
    left = list(gained)
    for old in removed:
        likeness, closest = max(((_likeness(old, each), each) for each in left), default=(0, ""))
        if likeness < _ALIKE:
            continue
        left.remove(closest)
        if demands_less(old, closest):
            yield old, closest


def demands_less(old: str, new: str) -> bool:
    """Return whether an assertion demands less than the one that it replaces."""
    if strength_of(new) < strength_of(old):
        return True
    if "match=" in old and "match=" not in new and "raises" in new:
        return True
    return _wider_tolerance(old, new) or _wider_bound(old, new)


def _likeness(old: str, new: str) -> float:
    return difflib.SequenceMatcher(None, old, new, autojunk=False).ratio()


def _wider_tolerance(old: str, new: str) -> bool:
    before, after = _TOLERANCE.search(old), _TOLERANCE.search(new)
    if before and after:
        return float(after[1]) > float(before[1])
    before, after = _DIGITS.search(old), _DIGITS.search(new)
    if before and after:
        return int(after[1] or after[2]) < int(before[1] or before[2])
    return False


def _wider_bound(old: str, new: str) -> bool:
    if _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
        return False
    pairs = list(zip(_values(old), _values(new), strict=True))
    if _UPPER.search(new) and not _LOWER.search(new):
        return any(after > before for before, after in pairs)
    if _LOWER.search(new) and not _UPPER.search(new):
        return any(after < before for before, after in pairs)
    return False


def _values(text: str) -> list[float]:
    return [float(each.replace("_", "")) for each in _NUMBER.findall(text)]
