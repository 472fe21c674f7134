"""Extracts JSON from the prose and fenced blocks of a reply.

Every part of a reply is parsed once: after an error, the search continues at that position, so the
time is linear in the length of the reply.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from podium.dialogue.fences import fenced_blocks
from podium.dialogue.lenient_json import JsonValue, Reading, Status, line_of, read_value
from podium.errors import InvalidReply

Fits = Callable[[JsonValue], bool]
"""Returns whether a value has the requested shape."""

MAX_CHARACTERS = 8_000_000
"""Longer replies are rejected without parsing; the output limit of agents is far lower."""

_BRACKET = re.compile(r"""\[|\{(?=\s*(?:["'“}A-Za-z_$/#]|\Z))""")
_UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
_ASK_AGAIN = "ask the agent again, for one complete JSON document and nothing else"
_SNIPPET = 24


@dataclass(frozen=True)
class ExtractedJson:
    """The JSON of a reply.

    Args:
        value: an object or a list.
        complete: False if the text ended before the JSON did; `value` is the part before. Also
            False if a later document, which would have been the final answer, is incomplete.
        repaired: whether anything but standard JSON was accepted.
        notes: repairs, choices and missing parts, one sentence each.
        open_path: keys and indexes of the value where the text ended; empty if complete.
    """

    value: JsonValue
    complete: bool
    repaired: bool
    notes: tuple[str, ...]
    open_path: tuple[str | int, ...] = ()


def extract_json(text: str, *, fits: Fits | None = None) -> ExtractedJson:
    """Return the JSON in a reply.

    Searches fenced blocks first, then the whole text. With `fits`, returns the last document that
    fits, because an agent's final answer counts; otherwise the longest. Complete documents are
    preferred to truncated ones.

    Raises:
        InvalidReply: there is no JSON, none fits, or it is invalid; the message says where.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidReply(
            f"The reply is too long: {len(text):,} characters",
            why=f"the limit is {MAX_CHARACTERS:,} characters",
            hints=[_ASK_AGAIN],
        )
    readable, replaced = _UNREADABLE.subn("", text)
    if not readable.strip():
        raise InvalidReply("The reply is empty", hints=["ask the agent again"])
    found = _search(readable, fits)
    chosen = found.complete or found.cut
    if chosen is None:
        raise _nothing_found(readable, found)
    removed = (f"unreadable characters were removed ({replaced} times)",) if replaced else ()
    return ExtractedJson(
        value=chosen.value,
        complete=chosen.status is Status.COMPLETE and not found.later_than(chosen),
        repaired=bool(removed or chosen.repairs),
        notes=(*removed, *_notes(readable, chosen, found)),
        open_path=chosen.open_path,
    )


@dataclass
class _Found:
    """The best result of every kind, and the facts that make the choice uncertain."""

    is_last_best: bool
    complete: Reading | None = None
    cut: Reading | None = None
    broken: Reading | None = None
    others: int = 0
    misfits: int = 0
    obstacle: Reading | None = None
    """The longest broken document that does not fit; it may be the requested one."""

    def add(self, reading: Reading) -> None:
        match reading.status:
            case Status.COMPLETE:
                self.others += self.complete is not None
                self.complete = self._better(self.complete, reading)
            case Status.TRUNCATED:
                self.cut = self._better(self.cut, reading)
            case Status.BROKEN:
                self.broken = self._better(self.broken, reading)

    def later_than(self, chosen: Reading) -> tuple[Reading, ...]:
        """Return later documents that also fit but are incomplete."""
        rivals = (self.cut, self.broken) if self.is_last_best else ()
        return tuple(each for each in rivals if each and each.start >= chosen.stop)

    def skip(self, reading: Reading) -> None:
        if not reading.value and not reading.open_path:
            return  # a bracket in prose
        if reading.status is not Status.BROKEN:
            self.misfits += 1
        elif self.obstacle is None or _length(reading) > _length(self.obstacle):
            self.obstacle = reading

    def _better(self, old: Reading | None, new: Reading) -> Reading:
        if old is None or self.is_last_best:
            return new
        return new if _length(new) > _length(old) else old


def _length(reading: Reading) -> int:
    return reading.stop - reading.start


def _search(text: str, fits: Fits | None) -> _Found:
    found = _Found(is_last_best=fits is not None)
    for block in fenced_blocks(text):
        _read_all(text, block.start, block.end, fits, found)
    if found.complete is None:
        cut_in_fence, found.cut = found.cut, None
        _read_all(text, 0, len(text), fits, found)
        found.cut = cut_in_fence or found.cut
    return found


def _read_all(text: str, start: int, end: int, fits: Fits | None, found: _Found) -> None:
    for reading in _readings(text, start, end):
        if not _is_candidate(reading, fits):
            found.skip(reading)
            continue
        found.add(reading)
        if reading.status is Status.BROKEN and fits is not None:
            # Values inside a broken document are parts of it, never the requested document.
            return


def _is_candidate(reading: Reading, fits: Fits | None) -> bool:
    is_begun = bool(reading.value) or reading.status is Status.COMPLETE
    return is_begun and (fits is None or fits(reading.value))


def _readings(text: str, start: int, end: int) -> Iterator[Reading]:
    # A line break after truncated JSON is not part of it.
    end = start + len(text[start:end].rstrip())
    bracket = _BRACKET.search(text, start, end)
    while bracket:
        reading = read_value(text, bracket.start(), end)
        yield reading
        bracket = _BRACKET.search(text, max(reading.stop, bracket.end()), end)


def _notes(text: str, chosen: Reading, found: _Found) -> Iterator[str]:
    for repair, (count, first) in chosen.repairs.items():
        times = "" if count == 1 else f"{count} times, first in "
        yield f"{repair.value} ({times}line {line_of(text, first)})"
    if chosen.status is Status.TRUNCATED:
        yield f"the JSON ends early, on line {line_of(text, chosen.stop)}; the rest is missing"
    if found.others:
        which = "last" if found.is_last_best else "longest"
        yield f"the reply contains {found.others + 1} JSON documents; the {which} one was used"
    for later in found.later_than(chosen):
        yield f"a later JSON document, on line {line_of(text, later.start)}, is incomplete"


def _nothing_found(text: str, found: _Found) -> InvalidReply:
    broken = found.broken or found.obstacle
    if broken is not None:
        line = line_of(text, broken.stop)
        there = text[broken.stop : broken.stop + _SNIPPET].split("\n", 1)[0]
        return InvalidReply(
            "The JSON in the reply is invalid",
            why=f"line {line}: expected {broken.expected}, found {there!r}",
            hints=[_ASK_AGAIN],
        )
    if found.misfits:
        return InvalidReply(
            "The reply's JSON does not match the requested schema",
            why="no document in it matches the schema in the prompt",
            hints=[_ASK_AGAIN],
        )
    return InvalidReply(
        "The reply contains no JSON",
        why="it has no object or list that can be parsed",
        hints=[_ASK_AGAIN],
    )
