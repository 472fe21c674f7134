"""Line numbers that a tool displays in front of the lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import (
    is_loose,
    is_text,
    lines_that_match,
    problem,
)

_NUMBERED = re.compile(
    rb"\n[ \t]*(?:[Ll](?:ine[ ]?)?|\[)?(?P<number>\d{1,6})(?P<sign>\]?(?:\t|[ ]{0,2}(?:\xe2\x86\x92"
    rb"|\xe2\x94\x82|\xe2\x96\x8f|\|)|:|\)|\.|[ ]{1,4}|(?=\r?\n|\Z)))(?P<rest>[^\n]*)"
)
_STRONG = re.compile(rb"\]?(?:\t|[ ]{0,2}(?:\xe2\x86\x92|\xe2\x94\x82|\xe2\x96\x8f|\|))$")
"""A sign that hardly any language has after a number at the beginning of a line."""
_SHARE = 0.6
_LEAST_RUN = 3
_LEAST_NEW = 5


@dataclass(frozen=True, slots=True)
class _Line:
    line: int
    number: int
    sign: bytes
    rest: str

    @property
    def is_strong(self) -> bool:
        return _STRONG.match(self.sign) is not None


def line_numbers(case: Case) -> Iterator[SyntaxProblem]:
    """Find runs of lines with consecutive numbers in front.

    With a base, the rests of the lines are lines of the base. In a new file, the numbers must
    begin at 1 and cover most of it.
    """
    for run in _runs(case):
        if _is_listing(case, run) and (_is_of_base(case, run) or not is_text(case, run[0].line)):
            first, last = run[0].line, run[-1].line
            where = f"line {first}" if first == last else f"lines {first} to {last}"
            message = f"line numbers are left in front of the text in {where}"
            yield problem(case, ProblemCode.LINE_NUMBERS, first, message)
            return


def _runs(case: Case) -> Iterator[Sequence[_Line]]:
    run: list[_Line] = []
    for line, found in lines_that_match(case, _NUMBERED):
        rest = found["rest"].decode(errors="replace").strip()
        each = _Line(line, int(found["number"]), found["sign"], rest)
        if run and not (_follows(case, run[-1], each)):
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _follows(case: Case, before: _Line, after: _Line) -> bool:
    if after.number <= before.number or after.number - before.number != after.line - before.line:
        return False
    between = case.new.lines[before.line : after.line - 1]
    return not any(each.strip() for each in between)


def _is_of_base(case: Case, run: Sequence[_Line]) -> bool:
    """Return whether several rests are lines of the base; they may be inside a long comment."""
    return sum(len(each.rest) > 1 and case.is_in_base(each.rest) for each in run) >= _LEAST_RUN


def _is_listing(case: Case, run: Sequence[_Line]) -> bool:
    filled = [each for each in run if each.rest]
    if case.base is None:
        return _is_whole(case, run) and not case.language.is_prose and _is_code(case, filled)
    known = [each for each in filled if len(each.rest) > 1 and case.is_in_base(each.rest)]
    if all(each.is_strong for each in run):
        if known and len(known) >= _SHARE * len(filled):
            return True
        return len(run) >= _LEAST_RUN and (bool(known) or not is_loose(case))
    if case.language.is_prose and not (_is_whole(case, run) or _counts_lines(case, run)):
        return False
    return len(known) >= _LEAST_RUN and len(known) >= _SHARE * len(filled)


def _is_whole(case: Case, run: Sequence[_Line]) -> bool:
    total = len(case.new.non_blank_lines)
    return len(run) >= _LEAST_NEW and len(run) >= 0.9 * total and run[0].number <= 1


def _counts_lines(case: Case, run: Sequence[_Line]) -> bool:
    """Return whether the numbers are those of the lines themselves, unlike those of a list."""
    first = run[0]
    return first.number > 1 and first.number in (first.line, _line_in_base(case, first.rest))


def _line_in_base(case: Case, text: str) -> int:
    assert case.base is not None
    return next((at for at, line in enumerate(case.base.lines, 1) if line.strip() == text), 0)


def _is_code(case: Case, filled: Sequence[_Line]) -> bool:
    is_data = case.language.name in ("yaml", "json", "toml", "")
    return not is_data or all(each.is_strong for each in filled)


RULES: tuple[Rule, ...] = (line_numbers,)
