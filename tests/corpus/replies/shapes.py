"""Text that is there twice, and files of which only a part is left."""

import random
import re
from collections.abc import Callable

from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.victim import Span, Victim

_LEAD = re.compile(
    r"\s*(import|from|use|using|package|#include|require|local \w+ = require|<\?php|namespace"
    r"|//|/\*|\*|#|--|<!|\"\"\"|$)"
)


def _function_after(victim: Victim, rng: random.Random) -> str | None:
    """A function stands twice, the one after the other."""
    if not victim.functions:
        return None
    span = rng.choice(victim.functions)
    copied = victim.lines[span.first : span.last]
    return victim.replaced(Span(span.last, span.last), ["", *copied])


def _function_at_end(victim: Victim, rng: random.Random) -> str | None:
    outer = [each for each in victim.functions if not victim.indentation(each.first)]
    if not outer:
        return None
    span = rng.choice(outer)
    return victim.with_lines([*victim.lines, "", *victim.lines[span.first : span.last]])


def _old_beside_new(victim: Victim, rng: random.Random) -> str | None:
    """The function as it was stands before what it became."""
    span = rng.choice(victim.functions) if victim.functions else None
    if span is None or span.last - span.first < 4:
        return None
    copied = victim.lines[span.first : span.last]
    middle = len(copied) // 2
    # A line of the other copy differs, as between two versions.
    changed = [*copied[:middle], *copied[middle + 1 :]]
    if sum(map(changed[middle - 1].count, "([{")) != sum(map(changed[middle - 1].count, ")]}")):
        changed = copied
    return victim.replaced(Span(span.first, span.first), [*changed, ""])


def _file_twice(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines([*victim.lines, *victim.lines])


def _file_twice_apart(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines([*victim.lines, "", "", *victim.lines])


def _old_and_new_file(victim: Victim, rng: random.Random) -> str:
    old = victim.edit.old.decode().replace("\r\n", "\n").rstrip("\n").split("\n")
    return victim.with_lines([*old, "", *victim.lines])


def _second_half_twice(victim: Victim, rng: random.Random) -> str:
    """A reply that was cut went on from an earlier place."""
    at = rng.randrange(len(victim.lines) // 2, len(victim.lines) - 4)
    back = rng.randint(3, len(victim.lines) // 3 + 4)
    return victim.with_lines([*victim.lines[:at], *victim.lines[max(at - back, 0) :]])


def _head_twice(victim: Victim, rng: random.Random) -> str | None:
    end = 0
    while end < len(victim.lines) and _LEAD.match(victim.lines[end]):
        end += 1
    head = victim.lines[:end]
    return victim.with_lines([*head, *victim.lines]) if sum(map(bool, head)) >= 3 else None


def _only_function(victim: Victim, rng: random.Random) -> str | None:
    if len(victim.functions) < 3:
        return None
    span = rng.choice(victim.functions)
    return victim.with_lines(victim.lines[span.first : span.last])


def _only_run(victim: Victim, rng: random.Random) -> str | None:
    span = victim.run(rng, 4)
    return victim.with_lines(victim.lines[span.first : span.last]) if span is not None else None


def _only_run_and_head(victim: Victim, rng: random.Random) -> str | None:
    end = 0
    while end < len(victim.lines) and _LEAD.match(victim.lines[end]):
        end += 1
    span = victim.run(rng, 4)
    if not end or span is None or span.first < end:
        return None
    return victim.with_lines([*victim.lines[:end], *victim.lines[span.first : span.last]])


def _only_head(victim: Victim, rng: random.Random) -> str | None:
    end = 0
    while end < len(victim.lines) and _LEAD.match(victim.lines[end]):
        end += 1
    return victim.with_lines(victim.lines[:end]) if 2 <= end < len(victim.lines) - 5 else None


def _without_bodies(victim: Victim, rng: random.Random) -> str | None:
    """Only the first lines of all functions are left."""
    if len(victim.functions) < 2:
        return None
    return victim.with_lines([victim.lines[each.first] for each in victim.functions])


def _middle(victim: Victim, rng: random.Random) -> str:
    total = len(victim.lines)
    first = rng.randrange(total // 4, total // 2)
    return victim.with_lines(victim.lines[first : first + max(total // 6, 4)])


def _without_middle(victim: Victim, rng: random.Random) -> str | None:
    """Half of the functions are gone, without a word."""
    functions = [each for each in victim.functions if not victim.indentation(each.first)]
    if len(functions) < 4:
        return None
    gone = functions[1 : 1 + len(functions) // 2]
    lines = list(victim.lines)
    for each in reversed(gone):
        del lines[each.first : each.last]
    return victim.with_lines(lines)


def _first_line(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines(victim.lines[:1])


_TWICE: dict[str, Callable[[Victim, random.Random], str | None]] = {
    "function, after it": _function_after,
    "function, at the end": _function_at_end,
    "function, old and new": _old_beside_new,
    "file": _file_twice,
    "file, apart": _file_twice_apart,
    "file, old and new": _old_and_new_file,
    "overlap": _second_half_twice,
    "head": _head_twice,
}
_REDUCED: dict[str, Callable[[Victim, random.Random], str | None]] = {
    "a function": _only_function,
    "a run": _only_run,
    "a run and the head": _only_run_and_head,
    "the head": _only_head,
    "signatures": _without_bodies,
    "the middle": _middle,
    "half of the functions": _without_middle,
    "the first line": _first_line,
}
KINDS = (
    *(Kind(Family.TWICE, variant, damage) for variant, damage in _TWICE.items()),
    *(Kind(Family.REDUCED, variant, damage) for variant, damage in _REDUCED.items()),
)
