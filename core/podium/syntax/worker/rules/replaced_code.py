"""Finds comments in the place of code of the base, whatever they say."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from podium.syntax.source import Source
from podium.syntax.symbols import bare_name
from podium.syntax.worker.comment_lines import LineKind, line_kinds
from podium.syntax.worker.hunks import Hunk, joined
from podium.syntax.worker.rules.case import Case

_GAP = 2
"""Hunks up to this many lines apart are merged, because brackets match by chance."""
_TELLING = re.compile(r"\w.*\w.*\w|[^\x00-\x7f]")
_WORD = re.compile(r"\w+")
_SAME_COMMENT = 0.34
"""Share of common words above which a comment counts as an edited comment of the base."""
_COMMENTED_OUT = 0.6
"""Share of a comment's words that occur in the removed code when the code was commented out."""
_FEWEST_WORDS = 2
_CONTINUES = re.compile(r"\*(?!\*)")
_FEW_LOST = 3
"""Maximum number of lost lines that a comment on the following code may accompany."""
_SENTENCE = 6
"""Minimum number of words in such a comment."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A comment that replaced code.

    Args:
        line: the comment's line number.
        lost: the number of lines of code that it replaced.
    """

    line: int
    lost: int


@dataclass(frozen=True, slots=True)
class HunkLines:
    """The lines of one hunk, by kind.

    Args:
        lost: lines of code that only the base has.
        gained: lines of code that only the new version has.
        old_comments: comments that only the base has.
        comments: the numbers and texts of comments that only the new version has.
    """

    lost: Counter[str]
    gained: Counter[str]
    old_comments: tuple[str, ...]
    comments: tuple[tuple[int, str], ...]

    @property
    def losses(self) -> int:
        """The number of lost lines of code that are more than brackets."""
        return sum(count for line, count in self.lost.items() if _TELLING.search(line))


def hunk_lines(case: Case, hunk: Hunk) -> HunkLines:
    """Return the lines of a hunk by kind; fillers are not code."""
    assert case.base is not None
    old = tuple(_by_kind(case, case.base, hunk.old_from, hunk.old_to))
    new = tuple(_by_kind(case, case.new, hunk.new_from, hunk.new_to))
    before, after = _code(old), _code(new)
    kept = {line for _, kind, line in new if kind is LineKind.COMMENT}
    former = {line for _, kind, line in old if kind is LineKind.COMMENT}
    return HunkLines(
        before - after,
        after - before,
        tuple(line for line in former if line not in kept),
        tuple(
            (number, line)
            for number, kind, line in new
            if kind is LineKind.COMMENT and line not in former and not case.is_in_base(line)
        ),
    )


def joined_hunks(case: Case) -> list[Hunk]:
    """Return the hunks of a case, without the brackets that match by chance between them."""
    return joined(case.hunks, _GAP)


def replaced_code(case: Case) -> Iterator[Replaced]:
    """Yield comments that replaced code, at most one per hunk.

    Nothing but comments may have replaced it, or the comment is the last line of its block in a
    hunk that lost more code than it gained. A comment of the base that was edited, and code that
    was commented out, do not count.
    """
    if case.base is None or case.may_shrink or not case.lost_lines or not case.added_lines:
        return
    found: set[int] = set()
    for hunk in (*case.hunks, *joined_hunks(case)):
        is_known = any(hunk.new_from < number <= hunk.new_to for number in found)
        if is_known or hunk.old_from == hunk.old_to or hunk.new_from == hunk.new_to:
            continue
        lines = hunk_lines(case, hunk)
        comment = _in_place_of_code(case, lines)
        if comment is not None:
            found.add(comment)
            yield Replaced(comment, lines.losses)


def _in_place_of_code(case: Case, lines: HunkLines) -> int | None:
    """Return the line of the comment that replaced the code of a hunk, if any."""
    if not lines.losses or not lines.comments or _is_intended(case, lines):
        return None
    comments = lines.comments
    if lines.gained:
        if lines.losses <= lines.gained.total():
            return None
        comments = tuple(each for each in comments if _ends_block(case, each[0]))
    words = [text for _, text in comments]
    if (
        not words
        or _explains(case, comments, lines.losses)
        or _are_edited(words, lines.old_comments)
        or _are_code(words, lines.lost)
    ):
        return None
    return comments[0][0]


def _explains(case: Case, comments: Sequence[tuple[int, str]], losses: int) -> bool:
    """Return whether comments rather explain code than replace it.

    They continue a comment of the base, or they are longer than the few lost lines and code follows
    directly.
    """
    first, text = comments[0]
    if _CONTINUES.match(text):
        return True
    last = comments[-1][0]
    after = case.new.lines[last].strip() if last < len(case.new.lines) else ""
    is_followed = len(after) > 1 and not _ends_block(case, last)
    length = sum(len(_WORD.findall(line)) for _, line in comments)
    return is_followed and losses <= min(_FEW_LOST, last - first + 1) and length >= _SENTENCE


def _ends_block(case: Case, number: int) -> bool:
    """Return whether a line is the last one of its block."""
    lines = case.new.lines
    after = next((line for line in lines[number:] if line.strip()), "")
    return _indent(after) < _indent(lines[number - 1])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _by_kind(
    case: Case, source: Source, first: int, behind: int
) -> Iterator[tuple[int, LineKind, str]]:
    lines = source.lines[first:behind]
    for number, (line, kind) in enumerate(
        zip(lines, line_kinds(lines, case.language), strict=True), first + 1
    ):
        yield number, kind, line.strip()


def _code(lines: Iterable[tuple[int, LineKind, str]]) -> Counter[str]:
    return Counter(line for _, kind, line in lines if kind is LineKind.CODE)


def _is_intended(case: Case, lines: HunkLines) -> bool:
    if case.intent is None:
        return False
    names = [bare_name(each) for each in case.intent.removes]
    return any(name in line for name in names for line in lines.lost)


def _are_edited(comments: Iterable[str], former: Iterable[str]) -> bool:
    """Return whether comments are edited comments of the base."""
    old, new = _words(former), _words(comments)
    return len(old & new) >= max(_FEWEST_WORDS, _SAME_COMMENT * len(new))


def _are_code(comments: Iterable[str], lost: Iterable[str]) -> bool:
    """Return whether comments contain the removed code."""
    code, new = _words(lost), _words(comments)
    return len(code & new) >= max(_FEWEST_WORDS, _COMMENTED_OUT * len(new))


def _words(lines: Iterable[str]) -> set[str]:
    return {word.lower() for line in lines for word in _WORD.findall(line)}
