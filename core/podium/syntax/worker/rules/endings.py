"""A text that ends too soon: the reply was cut, measured against the version before."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from podium.syntax.line_map import unique_in_order
from podium.syntax.source import Source
from podium.syntax.symbols import bare_name
from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_Lines = tuple[str, ...]
_TAIL = 3
"""How many lines at least say where in the base a text ends."""
_TAIL_CHARACTERS = 12
"""How many characters they must have together."""
_MIN_BASE_LINES = 8
_MIN_LOST_LINES = 3
_REPLACED_SHARE = 0.5
"""Lines in place of lost ones that make a rewritten ending out of a missing one."""
_TELLING_LENGTH = 4
"""Lines shorter than that occur everywhere and prove no loss."""
_MAX_END = 12
"""How many lines an ending may need to be told from places that read the same."""
_CUT_WORD = re.compile(r"\w.*\w.*\w.*\w")
_WITHOUT_CLOSERS = frozenset(("python", "yaml", "toml", "markdown"))
"""Languages in which the end of a block is not written."""


@dataclass(frozen=True, slots=True)
class _Loss:
    """The end of the base that the text does not have.

    Args:
        rest: the base's lines after the last one that the text kept.
        lost: those of them that say something and stand nowhere in the text.
        is_indented: whether all lost lines stand inside something.
    """

    rest: _Lines
    lost: int
    is_indented: bool


def endings(case: Case) -> Iterator[SyntaxProblem]:
    """Find the one way, if any, in which a text ends too soon."""
    if case.base is None or len(case.base.filled_lines) < _MIN_BASE_LINES or case.may_shrink:
        return
    new, base = case.new.filled_lines, case.base.filled_lines
    if not new:
        message = f"the file is empty; there were {len(base)} lines before"
        yield _ending(case, ProblemCode.STOPS_EARLY, Severity.ERROR, message)
    elif (cut_from := _cut_line(case.new, case.base)) is not None:
        message = f"the last line is cut; it was `{cut_from}` before"
        yield _ending(case, ProblemCode.CUT_LINE, Severity.ERROR, message)
    elif (loss := _lost_end(case, case.base)) is not None and not _is_meant(case, loss):
        message = (
            f"the file stops where {len(loss.rest)} more lines followed before,"
            f" beginning with `{loss.rest[0]}`"
        )
        yield _ending(case, ProblemCode.STOPS_EARLY, _severity(case, loss), message)


def final_newline(case: Case) -> Iterator[SyntaxProblem]:
    """Find a final newline that the base had, if the text ends in another line than the base.

    Alone it is a matter of taste; a different end without it is what a cut reply looks like.
    """
    if case.base is None or not case.base.ends_with_newline or case.new.ends_with_newline:
        return
    if case.new.filled_lines[-1:] != case.base.filled_lines[-1:]:
        message = "the file does not end with a newline any more"
        yield _ending(case, ProblemCode.NO_FINAL_NEWLINE, Severity.WARNING, message)


def _cut_line(new: Source, base: Source) -> str | None:
    """Return the base's line of which the last line is a beginning, after the same three lines.

    The last line of the base may honestly become shorter, so there the missing newline must speak
    too. Four word characters are wanted, for a shorter line is the beginning of too many.
    """
    before, last = new.filled_lines[:-1], new.filled_lines[-1]
    if not _CUT_WORD.search(last):
        return None
    rest = _after_tail(before, base.filled_lines)
    if not rest or rest[0] == last or not rest[0].startswith(last):
        return None
    still_finished = new.ends_with_newline or not base.ends_with_newline
    return None if len(rest) == 1 and still_finished else rest[0]


def _lost_end(case: Case, base: Source) -> _Loss | None:
    """Return what followed the last line that both surely share, if little came in its place."""
    new = case.new
    if _end_is_kept(new.filled_lines, base.filled_lines):
        return None
    kept, rest_from = _last_shared(new.filled_lines, base.filled_lines)
    rest = base.filled_lines[rest_from:]
    missing = Counter(rest) & case.missing
    lost = _telling_count(missing)
    in_place = _telling_count(Counter(new.filled_lines[kept:]) & case.surplus)
    if lost == 0 or in_place >= _REPLACED_SHARE * lost:
        return None
    return _Loss(rest, lost, _all_indented(base, missing))


def _all_indented(base: Source, lines: Counter[str]) -> bool:
    """Tell whether every one of the lines stands inside something in the base."""
    at_margin = (line for line in base.lines if line[:1].strip() and len(line) >= _TELLING_LENGTH)
    return not any(" ".join(line.split()) in lines for line in at_margin)


def _end_is_kept(new: _Lines, base: _Lines) -> bool:
    """Tell whether the text ends as the base does, in lines that stand nowhere else in the base."""
    for length in range(1, min(_MAX_END, len(base)) + 1):
        if new[-length:] != base[-length:]:
            return False
        end = base[-length:]
        others = range(len(base) - length)
        if sum(map(len, end)) >= _TAIL_CHARACTERS and not any(
            base[at] == end[0] and base[at : at + length] == end for at in others
        ):
            return True
    return True


def _last_shared(new: _Lines, base: _Lines) -> tuple[int, int]:
    """Return where both go on behind the last line that occurs once in each, in the same order."""
    pairs = unique_in_order(base, new)
    return (pairs[-1][1] + 1, pairs[-1][0] + 1) if pairs else (0, 0)


def _telling_count(lines: Counter[str]) -> int:
    return sum(count for line, count in lines.items() if len(line) >= _TELLING_LENGTH)


def _is_meant(case: Case, loss: _Loss) -> bool:
    """Tell whether just that was to go: the task named it, or it is one line, or a whole."""
    if case.intent is not None and any(
        bare_name(name) in line for name in case.intent.removes for line in loss.rest
    ):
        return True
    is_one_line = len(loss.rest) == loss.lost == 1 and not loss.is_indented
    is_one_line = is_one_line and not _is_beginning(case) and _is_whole(case)
    return is_one_line or _is_closed(case, loss)


def _is_closed(case: Case, loss: _Loss) -> bool:
    """Tell whether what the lost lines stood in is finished, so that it was no cut."""
    has_closers = case.language.name not in _WITHOUT_CLOSERS
    return loss.is_indented and has_closers and not _is_beginning(case) and _is_whole(case)


def _is_beginning(case: Case) -> bool:
    assert case.base is not None
    return case.base.filled_lines[: len(case.new.filled_lines)] == case.new.filled_lines


def _is_whole(case: Case) -> bool:
    return not case.reading.problems and case.new.ends_with_newline


def _severity(case: Case, loss: _Loss) -> Severity:
    """Call it an error unless a person may have removed just that.

    People remove whole definitions from the end, along with other changes; of what a cut reply
    leaves, everything before its end is as it was, or something is broken.
    """
    if loss.lost < _MIN_LOST_LINES:
        return Severity.WARNING
    return Severity.WARNING if _is_whole(case) and not _is_beginning(case) else Severity.ERROR


def _after_tail(lines: _Lines, base: _Lines) -> _Lines:
    """Return what follows in the base behind the last place of the lines' tail; empty if nowhere.

    A text that is shorter than a tail must be the beginning of the base.
    """
    length = _tail_length(lines)
    if length is None:
        return base[len(lines) :] if base[: len(lines)] == lines else ()
    tail = lines[-length:]
    for start in range(len(base) - length, -1, -1):
        if base[start : start + length] == tail:
            return base[start + length :]
    return ()


def _tail_length(lines: _Lines) -> int | None:
    """Return how many last lines say where a text ends; None if there are too few.

    Three, and more where they are closing brackets and the like, which stand in many places.
    """
    for length in range(_TAIL, len(lines) + 1):
        if sum(map(len, lines[-length:])) >= _TAIL_CHARACTERS:
            return length
    return None


def _ending(case: Case, code: ProblemCode, severity: Severity, message: str) -> SyntaxProblem:
    return problem_of_line(case, code, severity, message, case.new.last_filled)


RULES: tuple[Rule, ...] = (endings, final_newline)
