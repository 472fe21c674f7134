"""How long a check takes through the worker, as callers feel it, and what it costs the processor.

On a machine that does other things as well the clock says more about those; what the processor
spent, in the worker and here, is nearly the same on a busy machine and on an idle one.
"""

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from podium.syntax import Edit as TextEdit
from podium.syntax import Position, SyntaxChecker
from tests.corpus.edits import Edit

_ROUNDS = 3
_KEYSTROKES = 8


@dataclass(frozen=True)
class Times:
    """Milliseconds of one kind of call: by the clock, and of the processor."""

    wall: list[float] = field(default_factory=list[float])
    processor: list[float] = field(default_factory=list[float])

    def add(self, other: "Times") -> None:
        """Take in other times."""
        self.wall.extend(other.wall)
        self.processor.extend(other.processor)


@dataclass(frozen=True)
class Speed:
    """What was measured on files of 1,000 to 2,000 lines.

    Args:
        files: how many there are.
        alone: checks of the files without a base.
        first: first checks against a base, which is read too.
        checks: further checks against the same base, as attempts and editors make them.
        keystrokes: checks after one character.
    """

    files: int = 0
    alone: Times = field(default_factory=Times)
    first: Times = field(default_factory=Times)
    checks: Times = field(default_factory=Times)
    keystrokes: Times = field(default_factory=Times)

    def plus(self, other: "Speed") -> "Speed":
        """Return both together."""
        for name in ("alone", "first", "checks", "keystrokes"):
            getattr(self, name).add(getattr(other, name))
        return Speed(self.files + other.files, self.alone, self.first, self.checks, self.keystrokes)


async def measure_speed(edits: list[Edit], most: int) -> Speed:
    """Measure checks and keystrokes on the long files among the edits."""
    long = [each for each in edits if 1000 <= each.new.count(b"\n") <= 2000][:most]
    speed = Speed(len(long))
    async with SyntaxChecker() as checker:
        for edit in long:
            # The grammar is loaded, and nothing is known of this text.
            await checker.check(edit.path, b"", None)
            against = partial(checker.check, edit.path, edit.new, edit.old)
            await _time(checker, speed.alone, partial(checker.check, edit.path, edit.new))
            await _time(checker, speed.first, against)
            for _ in range(_ROUNDS):
                await _time(checker, speed.checks, against)
            await _type_into(checker, edit, speed.keystrokes)
    return speed


async def _type_into(checker: SyntaxChecker, edit: Edit, times: Times) -> None:
    rng = random.Random(edit.path)
    document = await checker.open_document(edit.path, edit.new, edit.old)
    start = Position(1, 1)
    await document.edit(TextEdit(start, start, ""))
    lines = edit.new.count(b"\n")
    for _ in range(_KEYSTROKES):
        place = Position(rng.randrange(1, lines), 1)
        await _time(checker, times, partial(document.edit, TextEdit(place, place, " ")))
    await document.close()


async def _time(
    checker: SyntaxChecker, times: Times, call: Callable[[], Awaitable[object]]
) -> None:
    spent, here, began = _spent(checker), time.process_time(), time.perf_counter()
    await call()
    times.wall.append(1000 * (time.perf_counter() - began))
    mine = time.process_time() - here
    times.processor.append(1000 * (mine + _spent(checker) - spent))


def _spent(checker: SyntaxChecker) -> float:
    """Return the seconds that the worker has had of a processor; 0 where nobody counts them."""
    try:
        text = Path(f"/proc/{checker.worker_pid}/schedstat").read_text()
    except OSError:
        return 0.0
    return int(text.split()[0]) / 1e9


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile; 0 of nothing."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
