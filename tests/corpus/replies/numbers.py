"""Line numbers before all lines, or before those of one place."""

import random
from functools import partial

from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.victim import Victim

_FORMS: dict[str, str] = {
    "tab": "{n}\t{line}",
    "padded tab": "{n:6d}\t{line}",
    "arrow": "{n:>5}→{line}",
    "colon": "{n}: {line}",
    "colon close": "{n}:{line}",
    "bar": "{n:>4} | {line}",
    "box bar": "{n:>4} │ {line}",
    "letter": "L{n}: {line}",
    "zeros": "{n:04d} {line}",
    "square": "[{n}] {line}",
    "point": "{n}. {line}",
    "bracket": "{n}) {line}",
    "blank": "{n} {line}",
    "wide blank": "{n:>4}  {line}",
    "path": "{path}:{n}:{line}",
    "dash": "{n}-{line}",
    "pointer": "> {n} | {line}",
    "angle": "<{n}>{line}",
    "hash": "#{n} {line}",
    "hashed": "{n}#{h}:{line}",
    "line word": "line {n}: {line}",
    "hex": "{n:04x}  {line}",
    "double colon": "{n}:: {line}",
    "comma": "{n},{line}",
    "comment": "/* {n} */ {line}",
}


def _numbered(form: str, whole: bool, victim: Victim, rng: random.Random) -> str | None:
    total = len(victim.lines)
    first, last = 0, total
    if not whole:
        first = rng.randrange(total - 5)
        last = min(first + rng.randint(4, 40), total)
    lines = list(victim.lines)
    for at in range(first, last):
        mark = f"{at * 2654435761 % 251:02x}"
        lines[at] = form.format(n=at + 1, line=lines[at], path=victim.edit.path, h=mark)
    return victim.with_lines(lines)


KINDS = tuple(
    Kind(Family.NUMBERS, f"{variant}, {place}", partial(_numbered, form, place == "all"))
    for variant, form in _FORMS.items()
    for place in ("all", "a hunk")
)
