"""Markers of conflicts and of search/replace blocks that stay in the text."""

import random
from functools import partial

from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.victim import Span, Victim

# Written in pieces, so that this file has no markers.
_LESS, _EQUAL, _MORE, _BAR = "<" * 7, "=" * 7, ">" * 7, "|" * 7
_FORMS: dict[str, tuple[str, ...]] = {
    "head": (f"{_LESS} HEAD", "OLD", _EQUAL, "NEW", f"{_MORE} topic"),
    "ours": (f"{_LESS} ours", "OLD", _EQUAL, "NEW", f"{_MORE} theirs"),
    "three ways": (
        f"{_LESS} a1b2c3d",
        "OLD",
        f"{_BAR} 9f8e7d6",
        "OLD",
        _EQUAL,
        "NEW",
        f"{_MORE} fix",
    ),
    "search": (f"{_LESS} SEARCH", "OLD", _EQUAL, "NEW", f"{_MORE} REPLACE"),
    "original": (f"{_LESS} ORIGINAL", "OLD", _EQUAL, "NEW", f"{_MORE} UPDATED"),
    "bare": (_LESS, "OLD", _EQUAL, "NEW", _MORE),
    "only begin": (f"{_LESS} HEAD", "NEW"),
    "only end": ("NEW", f"{_MORE} main"),
    "only divider": ("OLD", _EQUAL, "NEW"),
    "only replace": ("NEW", f"{_MORE} REPLACE"),
    "begin and divider": (f"{_LESS} SEARCH", "OLD", _EQUAL, "NEW"),
    "divider and end": ("OLD", _EQUAL, "NEW", f"{_MORE} REPLACE"),
    "dashes": ("------- SEARCH", "OLD", _EQUAL, "NEW", "+++++++ REPLACE"),
    "square": ("[SEARCH]", "OLD", "[REPLACE]", "NEW", "[/REPLACE]"),
    "tags": ("<search>", "OLD", "</search>", "<replace>", "NEW", "</replace>"),
    "old and new": ("<old_string>", "OLD", "</old_string>", "<new_string>", "NEW", "</new_string>"),
    "five signs": ("<<<<< SEARCH", "OLD", "=====", "NEW", ">>>>> REPLACE"),
    "nine signs": ("<" * 9 + " SEARCH", "OLD", "=" * 9, "NEW", ">" * 9 + " REPLACE"),
    "critic": ("{--", "OLD", "--}", "{++", "NEW", "++}"),
    "jujutsu": (f"{_LESS} Conflict 1 of 1", "%%%%%%%", "OLD", "+++++++", "NEW", f"{_MORE} end"),
    "words": ("REPLACE:", "OLD", "WITH:", "NEW"),
    "before and after": ("// BEFORE", "OLD", "// AFTER", "NEW", _EQUAL),
    "indented": (f"  {_LESS} SEARCH", "OLD", f"  {_EQUAL}", "NEW", f"  {_MORE} REPLACE"),
}


def _marked(form: tuple[str, ...], victim: Victim, rng: random.Random) -> str | None:
    """Some lines stand between markers, in the old version and in the new one."""
    total = len(victim.lines)
    first = rng.randrange(total - 2)
    span = Span(first, min(first + rng.randint(1, 6), total))
    new = victim.lines[span.first : span.last]
    old = new[:-1] or [new[0].replace("a", "e")]
    lines: list[str] = []
    for each in form:
        lines += old if each == "OLD" else new if each == "NEW" else [each]
    return victim.replaced(span, lines)


KINDS = tuple(
    Kind(Family.MARKERS, variant, partial(_marked, form)) for variant, form in _FORMS.items()
)
