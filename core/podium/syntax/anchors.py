"""Tracks a line in a file while the file changes.

A finding shown on the wrong line does more harm than a hidden one. So every step here either
determines the line's new number or gives up, and the anchor becomes stale. Two lines are equal if
they differ only in whitespace, quotes and trailing commas, which formatters change.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from podium.syntax.line_map import line_map
from podium.syntax.symbols import Outline, Symbol, SymbolKind, bare_name

_CONTEXT = 5
"""Lines of context on each side that distinguish equal lines."""
_SURE = 3
"""Number of matching context lines, on both sides together, that confirm a candidate line."""
_CLEAR = 2
"""Required lead over the second-best candidate, in matching lines."""
_TELLING = 4
"""Minimum length of a distinctive line, in characters."""
_TELLING_ALONE = 16
"""Minimum length of a line that may be found outside its symbol, in characters."""
_MAX_BODY_HASHES = 60
_SAME_BODY = 0.6
_BLANK = re.compile(r"\s+")
_BEFORE_CLOSER = re.compile(r",(?=[)\]}]|$)")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The data for finding a line again.

    Args:
        line: its 1-based number when the anchor was created.
        text_hash: hash of the normalised line.
        before: hashes of up to five non-blank lines before it, nearest first.
        after: the same for the lines after it.
        symbol: path of the innermost symbol around it; empty outside all symbols.
        kind: that symbol's kind.
        offset: distance in lines from the start of the symbol, or of the file if there is no
            symbol.
        occurrence: the number of identical lines before it in the symbol, or in the file.
        count: the number of identical lines in the symbol, or in the file.
        body: hashes of the symbol's lines, to recognise it after a rename.
        telling: the number of non-whitespace characters in the line.
    """

    line: int
    text_hash: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    symbol: str = ""
    kind: SymbolKind | None = None
    offset: int = 0
    occurrence: int = 0
    count: int = 1
    body: frozenset[str] = frozenset()
    telling: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """The line's current 1-based number."""

    line: int


@dataclass(frozen=True, slots=True)
class Stale:
    """The line no longer exists or is ambiguous.

    Args:
        reason: a sentence for a person.
    """

    reason: str


Place = Placed | Stale


def normalised(line: str) -> str:
    """Return a line without the parts that formatters change."""
    squeezed = _BLANK.sub("", line).replace("'", '"').rstrip(";")
    return _BEFORE_CLOSER.sub("", squeezed)


def line_hash(line: str) -> str:
    """Return a hash of the normalised line."""
    return _hash(normalised(line))


def make_anchor(text: str, outline: Outline, line: int) -> Anchor:
    """Return the anchor of a line.

    Args:
        text: the content of the file.
        outline: its definitions.
        line: the 1-based line number; clamped to the lines of the file.
    """
    return make_anchors(text, outline, (line,))[0]


def make_anchors(text: str, outline: Outline, numbers: Sequence[int]) -> tuple[Anchor, ...]:
    """Return the anchors of several lines in a file; see `make_anchor`."""
    lines = _Lines(text)
    return tuple(_anchor(lines, outline, number) for number in numbers)


def _anchor(lines: "_Lines", outline: Outline, number: int) -> Anchor:
    index = min(max(number, 1), len(lines.hashes)) - 1
    symbol = _innermost(outline, index)
    first, last = _range(symbol, lines)
    equal = [at for at in range(first, last) if lines.hashes[at] == lines.hashes[index]]
    return Anchor(
        line=index + 1,
        text_hash=lines.hashes[index],
        before=lines.before(index),
        after=lines.after(index),
        symbol=symbol.path if symbol is not None else "",
        kind=symbol.kind if symbol is not None else None,
        offset=index - first,
        occurrence=equal.index(index) if index in equal else 0,
        count=len(equal),
        body=lines.body(first, last) if symbol is not None else frozenset(),
        telling=len(lines.normal[index]),
    )


def relocate(anchor: Anchor, new_text: str, outline: Outline, old_text: str | None = None) -> Place:
    """Find an anchor's line in a later version of its file.

    Args:
        anchor: created from an earlier version.
        new_text: the later version.
        outline: the definitions in the later version.
        old_text: the version in which the anchor was created, if available; comparing both versions
            is the most reliable method.
    """
    new = _Lines(new_text)
    if old_text is not None:
        mapped = _by_difference(anchor, _Lines(old_text), new)
        if mapped is not None:
            return Placed(mapped + 1)
    return _relocated(anchor, new, outline)


def relocate_all(anchors: Sequence[Anchor], new_text: str, outline: Outline) -> tuple[Place, ...]:
    """Find the lines of several anchors in a later version of their file; see `relocate`."""
    new = _Lines(new_text)
    return tuple(_relocated(each, new, outline) for each in anchors)


def relocate_plainly(anchors: Sequence[Anchor], new_text: str) -> tuple[Placed | None, ...]:
    """Find the lines that can be found without the file's definitions; return None for the others.

    These are distinctive lines that occur once in the file, with unchanged context.
    """
    new = _Lines(new_text)
    return tuple(_by_line_alone(each, new) for each in anchors)


def _by_line_alone(anchor: Anchor, new: "_Lines") -> Placed | None:
    equal = new.places.get(anchor.text_hash, ())
    if len(equal) != 1 or anchor.count != 1 or anchor.telling < _TELLING_ALONE:
        return None
    known = len(anchor.before) + len(anchor.after)
    is_in_company = _agreement(anchor, new, equal[0]) >= min(_CONTEXT + 1, known)
    return Placed(equal[0] + 1) if is_in_company else None


def _relocated(anchor: Anchor, new: "_Lines", outline: Outline) -> Place:
    found = _in_symbol(anchor, new, outline)
    if found is None:
        found = _anywhere(anchor, new)
    if found is not None:
        return Placed(found + 1)
    return Stale(_stale_reason(anchor, new))


class _Lines:
    """A file as normalised lines and their hashes."""

    def __init__(self, text: str) -> None:
        self.normal = [normalised(line) for line in text.split("\n")]
        self.hashes = [_hash(line) for line in self.normal]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Return the line numbers by hash."""
        found: dict[str, list[int]] = {}
        for at, each in enumerate(self.hashes):
            found.setdefault(each, []).append(at)
        return found

    def before(self, index: int) -> tuple[str, ...]:
        return self._filled(range(index - 1, -1, -1))

    def after(self, index: int) -> tuple[str, ...]:
        return self._filled(range(index + 1, len(self.normal)))

    def body(self, first: int, last: int) -> frozenset[str]:
        telling = (self.hashes[at] for at in range(first, last) if self._is_distinctive(at))
        return frozenset(list(dict.fromkeys(telling))[:_MAX_BODY_HASHES])

    def _filled(self, indices: range) -> tuple[str, ...]:
        found: list[str] = []
        for at in indices:
            if self.normal[at]:
                found.append(self.hashes[at])
            if len(found) == _CONTEXT:
                break
        return tuple(found)

    def _is_distinctive(self, index: int) -> bool:
        return len(self.normal[index]) >= _TELLING


def _by_difference(anchor: Anchor, old: _Lines, new: _Lines) -> int | None:
    """Return the line's new number according to the diff of the versions, if it is certain."""
    at = anchor.line - 1
    if at >= len(old.hashes) or old.hashes[at] != anchor.text_hash:
        return None
    to = line_map(old.hashes, new.hashes).get(at)
    if to is None:
        return None
    if _agreement(anchor, new, to) >= 2 or _is_unique(anchor, old, new):
        return to
    return None


def _is_unique(anchor: Anchor, old: _Lines, new: _Lines) -> bool:
    once = len(old.places[anchor.text_hash]) == len(new.places.get(anchor.text_hash, ())) == 1
    return once and anchor.telling >= _TELLING


def _in_symbol(anchor: Anchor, new: _Lines, outline: Outline) -> int | None:
    """Return the line in the anchor's symbol, even if that has moved or been renamed.

    For a line outside all symbols, search the whole file.
    """
    symbol = _same_symbol(anchor, new, outline) if anchor.symbol else None
    if symbol is None and anchor.symbol:
        return None
    first, last = _range(symbol, new)
    equal = [at for at in new.places.get(anchor.text_hash, ()) if first <= at < last]
    return _best(anchor, new, equal)


def _best(anchor: Anchor, new: _Lines, equal: Sequence[int]) -> int | None:
    """Return the equal line with the same context, if it is clearly the best match."""
    if not equal:
        return None
    scored = sorted(((_agreement(anchor, new, at), at) for at in equal), reverse=True)
    score, best = scored[0]
    known = len(anchor.before) + len(anchor.after)
    if len(scored) == 1 and anchor.count == 1:
        enough = 1 if anchor.telling >= _TELLING else 2
        return best if score >= min(enough, known) else None
    if score < min(_SURE, known):
        return None
    runner_up = scored[1][0] if len(scored) > 1 else -_CLEAR
    if score - runner_up >= _CLEAR:
        return best
    # Identical lines with equal context are matched in order, if their number is unchanged.
    if len(equal) == anchor.count and anchor.occurrence < len(equal):
        in_order = equal[anchor.occurrence]
        return in_order if score - _agreement(anchor, new, in_order) < _CLEAR else None
    return None


def _anywhere(anchor: Anchor, new: _Lines) -> int | None:
    """Return the only equal line in the file, if it is distinctive and its context matches."""
    equal = new.places.get(anchor.text_hash, [])
    known = len(anchor.before) + len(anchor.after)
    if len(equal) == 1 and anchor.telling >= _TELLING_ALONE:
        return equal[0] if _agreement(anchor, new, equal[0]) >= min(2, known) else None
    scored = sorted(((_agreement(anchor, new, at), at) for at in equal), reverse=True)
    if not scored or scored[0][0] < min(_CONTEXT + _SURE, known):
        return None
    is_clear = len(scored) == 1 or scored[0][0] - scored[1][0] >= _CLEAR
    return scored[0][1] if is_clear else None


def _agreement(anchor: Anchor, new: _Lines, at: int) -> int:
    """Count the anchor's context lines that surround a line, each once."""
    before = Counter(anchor.before) & Counter(new.before(at))
    after = Counter(anchor.after) & Counter(new.after(at))
    return before.total() + after.total()


def _same_symbol(anchor: Anchor, new: _Lines, outline: Outline) -> Symbol | None:
    by_path = [each for each in outline.symbols if each.path == anchor.symbol]
    if by_path:
        return by_path[0]
    name = bare_name(anchor.symbol)
    by_name = [each for each in outline.symbols if each.kind is anchor.kind and each.name == name]
    if len(by_name) == 1:
        return by_name[0]
    return _renamed(anchor, new, outline)


def _renamed(anchor: Anchor, new: _Lines, outline: Outline) -> Symbol | None:
    """Return the renamed symbol that contains most of the anchor's symbol's lines."""
    alike: list[tuple[float, Symbol]] = []
    for each in outline.symbols:
        if each.kind is not anchor.kind:
            continue
        body = new.body(*_range(each, new))
        either = len(body | anchor.body)
        share = len(body & anchor.body) / either if either else 0.0
        if share >= _SAME_BODY:
            alike.append((share, each))
    alike.sort(key=lambda pair: pair[0], reverse=True)
    is_clear = len(alike) == 1 or (len(alike) > 1 and alike[0][0] > alike[1][0])
    return alike[0][1] if alike and is_clear else None


def _innermost(outline: Outline, index: int) -> Symbol | None:
    around = [each for each in outline.symbols if each.start.line <= index + 1 <= each.end.line]
    return min(around, key=lambda each: each.end.line - each.start.line, default=None)


def _range(symbol: Symbol | None, lines: _Lines) -> tuple[int, int]:
    """Return the 0-based first line of a symbol, and the line after its last."""
    if symbol is None:
        return 0, len(lines.hashes)
    return symbol.start.line - 1, min(symbol.end.line, len(lines.hashes))


def _stale_reason(anchor: Anchor, new: _Lines) -> str:
    count = len(new.places.get(anchor.text_hash, ()))
    where = f" of `{anchor.symbol}`" if anchor.symbol else ""
    if count == 0:
        return f"line {anchor.line}{where} was changed or removed"
    lines = "one identical line is" if count == 1 else f"{count} identical lines are"
    return f"line {anchor.line}{where} was moved or removed; {lines} in a different context"


def _hash(line: str) -> str:
    return hashlib.blake2b(line.encode(errors="replace"), digest_size=6).hexdigest()
