"""Unidiomatic words from the project's early days, which confuse new readers.

The counts may only fall (`scripts/house.py`), so a legitimate use of a word is not a problem.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate

# Display names and patterns. Identifiers count: every non-letter is a word boundary.
_PATTERNS = {
    "(SPEC": r"\(?SPEC (?=[A-Z]\d)",
    "anew": "anew",
    "anybody": "(?:any|some|no)body",
    "gone on with": "(?:go|goes|gone|going|went) on with",
    "held against": "(?:hold|holds|held) against",
    "led": "led",
    "lies": "(?:lie|lies)",
    "mend": "mend(?:s|ed|ing)?",
    "put away": "put(?:s|ting)? away",
    "said": "(?:is|are|was|were|be|been|as) said",
    "so many": "so many",
    "stands": "(?:stand|stands|stood)(?! for|-)",
    "taken back": "(?:take|takes|taken|took) back",
    "told": "(?:told|tells? (?:whether|what|which|how|why|where|who|when|if|that))",
    "that very": "that very",
    "What is asked.": r"What is asked\.",
    "whoever": "whoever",
    "wholeness": "wholeness",
    "wish": "wish(?:es|ed)?",
}

WORDS = {
    word: re.compile(rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])", re.IGNORECASE)
    for word, pattern in _PATTERNS.items()
}
WORDS["(SPEC"] = re.compile(_PATTERNS["(SPEC"])


def places_of(word: str, text: str) -> Iterator[int]:
    """Yield the line of every use of a word of the table."""
    starts: list[int] | None = None
    for found in WORDS[word].finditer(text):
        if starts is None:
            starts = list(accumulate((len(line) for line in text.splitlines(True)), initial=0))
        yield bisect(starts, found.start())
