"""Files that end early compared with the previous version: signs of a truncated reply."""

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
"""Minimum number of lines that identify the position in the base at which a file ends."""
_TAIL_CHARACTERS = 12
"""Minimum total length of these lines, in characters."""
_MIN_BASE_LINES = 8
_MIN_LOST_LINES = 3
_REPLACED_SHARE = 0.5
"""If new lines replace this share of the lost ones, the ending counts as rewritten, not missing."""
_TELLING_LENGTH = 4
"""Shorter lines occur everywhere and are not evidence of a loss."""
_MAX_END = 12
"""Maximum number of lines used to distinguish an ending from similar lines elsewhere."""
_CUT_WORD = re.compile(r"\w.*\w.*\w.*\w")
_WITHOUT_CLOSERS = frozenset(("python", "yaml", "toml", "markdown"))
"""Languages without block terminators."""


@dataclass(frozen=True, slots=True)
class _Loss:
    """The end of the base that is missing from the new version.

    Args:
        rest: the base's lines after the last one that the new version kept.
        lost: the significant lines among them that are not in the new version.
        is_indented: whether all lost lines are nested in a block.
    """

    rest: _Lines
    lost: int
    is_indented: bool


def endings(case: Case) -> Iterator[SyntaxProblem]:
    """Report an early end, at most once."""
    if case.base is None or len(case.base.non_blank_lines) < _MIN_BASE_LINES or case.may_shrink:
        return
    if not case.new.non_blank_lines:
        return  # Another rule reports an empty file.
    if (cut_from := _cut_line(case.new, case.base)) is not None:
        message = f"the last line is truncated; it was `{cut_from}` before"
        yield _ending(case, ProblemCode.CUT_LINE, Severity.ERROR, message)
    elif (loss := _lost_end(case, case.base)) is not None and not _is_intended(case, loss):
        message = (
            f"the file ends early: {len(loss.rest)} lines are missing, starting with "
            f"`{loss.rest[0]}`"
        )
        yield _ending(case, ProblemCode.STOPS_EARLY, _severity(case, loss), message)


def final_newline(case: Case) -> Iterator[SyntaxProblem]:
    """Report a lost final newline, if the file's last line differs from the base's.

    A missing newline alone is a matter of taste; together with a different last line it suggests
    truncation.
    """
    if case.base is None or not case.base.ends_with_newline or case.new.ends_with_newline:
        return
    if case.new.non_blank_lines[-1:] != case.base.non_blank_lines[-1:]:
        message = "the file no longer ends with a newline"
        yield _ending(case, ProblemCode.NO_FINAL_NEWLINE, Severity.NOTE, message)


def _cut_line(new: Source, base: Source) -> str | None:
    """Return the base's line that starts with the last line and follows the same three lines.

    The last line of the base may be shortened on purpose, so there the newline must also be
    missing. A line with fewer than four word characters is a prefix of too many lines.
    """
    before, last = new.non_blank_lines[:-1], new.non_blank_lines[-1]
    if not _CUT_WORD.search(last):
        return None
    rest = _after_tail(before, base.non_blank_lines)
    if not rest or rest[0] == last or not rest[0].startswith(last):
        return None
    still_finished = new.ends_with_newline or not base.ends_with_newline
    return None if len(rest) == 1 and still_finished else rest[0]


def _lost_end(case: Case, base: Source) -> _Loss | None:
    """Return the lost end after the last line that both versions share, if little replaced it."""
    new = case.new
    if _end_is_kept(new.non_blank_lines, base.non_blank_lines):
        return None
    kept, rest_from = _last_shared(new.non_blank_lines, base.non_blank_lines)
    rest = base.non_blank_lines[rest_from:]
    missing = Counter(rest) & case.missing
    lost = _distinctive_count(missing)
    in_place = _distinctive_count(Counter(new.non_blank_lines[kept:]) & case.surplus)
    if lost == 0 or in_place >= _REPLACED_SHARE * lost:
        return None
    return _Loss(rest, lost, _all_indented(base, missing))


def _all_indented(base: Source, lines: Counter[str]) -> bool:
    """Return whether all of the lines are nested in a block of the base."""
    at_margin = (line for line in base.lines if line[:1].strip() and len(line) >= _TELLING_LENGTH)
    return not any(" ".join(line.split()) in lines for line in at_margin)


def _end_is_kept(new: _Lines, base: _Lines) -> bool:
    """Return whether the file ends like the base, with lines that occur only there."""
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
    """Return the positions after the last matching line that occurs once in each version."""
    pairs = unique_in_order(base, new)
    return (pairs[-1][1] + 1, pairs[-1][0] + 1) if pairs else (0, 0)


def _distinctive_count(lines: Counter[str]) -> int:
    return sum(count for line, count in lines.items() if len(line) >= _TELLING_LENGTH)


def _is_intended(case: Case, loss: _Loss) -> bool:
    """Return whether the removal is intended: named by the task, or a complete unit."""
    if case.intent is not None and any(
        bare_name(name) in line for name in case.intent.removes for line in loss.rest
    ):
        return True
    return _is_closed(case, loss)


def _is_closed(case: Case, loss: _Loss) -> bool:
    """Return whether the block of the lost lines is closed, so it was not truncated."""
    has_closers = case.language.name not in _WITHOUT_CLOSERS
    return loss.is_indented and has_closers and not _is_beginning(case) and _is_whole(case)


def _is_beginning(case: Case) -> bool:
    assert case.base is not None
    return case.base.non_blank_lines[: len(case.new.non_blank_lines)] == case.new.non_blank_lines


def _is_whole(case: Case) -> bool:
    return not case.reading.problems and case.new.ends_with_newline


def _severity(case: Case, loss: _Loss) -> Severity:
    """Return an error if the text ends inside a definition and others that followed it are missing.

    People remove whole units from the end; then nothing shows whether the text was truncated.
    """
    is_inside = case.language.name == "python" and _ends_inside(case, loss)
    return Severity.ERROR if is_inside and _is_beginning(case) else Severity.DOUBT


def _ends_inside(case: Case, loss: _Loss) -> bool:
    """Return whether the first lost line is indented, and unindented ones follow."""
    assert case.base is not None
    filled = [line for line in case.base.lines if line.strip()]
    lost = filled[len(filled) - len(loss.rest) :]
    return lost[0][:1].isspace() and loss.lost >= _MIN_LOST_LINES and not loss.is_indented


def _after_tail(lines: _Lines, base: _Lines) -> _Lines:
    """Return the base's lines after the last occurrence of the tail of `lines`; empty if not found.

    A file shorter than the tail must be a prefix of the base.
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
    """Return the number of last lines that identify where a file ends; None if it has too few.

    At least three; more if they are common lines such as closing brackets.
    """
    for length in range(_TAIL, len(lines) + 1):
        if sum(map(len, lines[-length:])) >= _TAIL_CHARACTERS:
            return length
    return None


def _ending(case: Case, code: ProblemCode, severity: Severity, message: str) -> SyntaxProblem:
    return problem_of_line(case, code, severity, message, case.new.last_non_blank)


RULES: tuple[Rule, ...] = (endings, final_newline)
