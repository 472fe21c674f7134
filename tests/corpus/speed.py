"""How long a check takes through the worker, as callers feel it; milliseconds."""

import random
import statistics
import time
from dataclasses import dataclass

from podium.syntax import Edit as TextEdit
from podium.syntax import Position, SyntaxChecker
from tests.corpus.edits import Edit

_ROUNDS = 3
_KEYSTROKES = 8


@dataclass(frozen=True)
class Speed:
    """What was measured on files of 1,000 to 2,000 lines.

    Args:
        files: how many there are.
        first: milliseconds of the first check of each file, which also reads its base.
        checks: milliseconds of further checks against the same base.
        keystrokes: milliseconds of checks after one character.
    """

    files: int
    first: tuple[float, ...]
    checks: tuple[float, ...]
    keystrokes: tuple[float, ...]


async def measure_speed(edits: list[Edit], most: int) -> Speed:
    """Measure checks and keystrokes on the long files among the edits."""
    long = [each for each in edits if 1000 <= each.new.count(b"\n") <= 2000][:most]
    first: list[float] = []
    checks: list[float] = []
    keystrokes: list[float] = []
    async with SyntaxChecker() as checker:
        for edit in long:
            # The grammar is loaded, and nothing is known of this text.
            await checker.check(edit.path, b"", None)
            began = time.perf_counter()
            await checker.check(edit.path, edit.new, edit.old)
            first.append(1000 * (time.perf_counter() - began))
            for _ in range(_ROUNDS):
                began = time.perf_counter()
                await checker.check(edit.path, edit.new, edit.old)
                checks.append(1000 * (time.perf_counter() - began))
            keystrokes += await _type_into(checker, edit)
    return Speed(len(long), tuple(first), tuple(checks), tuple(keystrokes))


async def _type_into(checker: SyntaxChecker, edit: Edit) -> list[float]:
    rng = random.Random(edit.path)
    document = await checker.open_document(edit.path, edit.new, edit.old)
    start = Position(1, 1)
    await document.edit(TextEdit(start, start, ""))
    times: list[float] = []
    lines = edit.new.count(b"\n")
    for _ in range(_KEYSTROKES):
        place = Position(rng.randrange(1, lines), 1)
        began = time.perf_counter()
        await document.edit(TextEdit(place, place, " "))
        times.append(1000 * (time.perf_counter() - began))
    await document.close()
    return times


def percentile(values: tuple[float, ...], percent: int) -> float:
    """Return a percentile; 0 of nothing."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
