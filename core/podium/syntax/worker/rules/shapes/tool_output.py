"""Lines that a tool displays between the lines of a file, such as `[12 more lines]`."""

import re
from collections.abc import Iterator

from podium.syntax.values import Position, ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import (
    MOST_PROBLEMS,
    excerpt,
    is_text,
    lines_that_match,
    lost_lines_at,
    problem,
)

_UNIT = (
    r"(?:lines?|bytes?|chars?|characters?|tokens?|rows?|zeilen|lignes?|l[i\u00ed]neas?|linhas?|righe"
    r"|\u0441\u0442\u0440\u043e\w*|\u884c|[kKmM]i?B)"
)
_CANDIDATE = re.compile(
    # A line with a digit that begins with decoration, or has a range of lines.
    rb"\n[ \t]*(?:(?://|\#|--|;|/\*|<!--|%|\*)[ \t]*)?"
    rb"(?:[\[(<{.\-=~*_|]|\xe2[\x80-\x8f]|\xe3\x80)[^\n]{0,300}"
)
_RANGE = re.compile(
    rb"\n[^\n\d]{0,60}\b[Ll]ines?[ ]\d+[ ]?(?:-|\xe2\x80\x93|to)[ ]?\d+"
    rb"[^\n]{0,60}\b(?:of|/)[ ]?\d+[^\n]*"
)
_LEAD = re.compile(r"(?://|\#|--|;|/\*|<!--|%|\*)\s*")
_COUNT = re.compile(
    rf"(?<![\w.#])(?:\d[\d,.']*\s*(?:\w+\s+){{0,2}}?{_UNIT}|{_UNIT}\s*:?\s*\d+(?:\s*(?:-|\u2013|to|of)\s*\d+)?)(?!\w)",
    re.IGNORECASE,
)
_BRACKETS = {"[": "]", "(": ")", "<": ">", "\u27e8": "\u27e9", "\u3010": "\u3011"}
_DECORATION = re.compile(r"(?:\.{2,}|\u2026|\u22ee|-{2,}|={2,}|~{2,}|\*{3,}|_{3,})\s*")
_DIVIDER = re.compile(r"[\u22ee\u2502\s.\-]*\u22ee[\u22ee\u2502\s.\-]*")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"[;{}\\$@&]|==|\w\(|\w\[|\w=\"|\w='|[\"']\s*[:,]")


def tool_output(case: Case) -> Iterator[SyntaxProblem]:
    """Find whole lines in brackets or between dots that count lines, and ranges of lines."""
    found = 0
    for number, is_range in _candidates(case):
        if found == MOST_PROBLEMS:
            return
        line = case.new.lines[number - 1].strip()
        bare, is_comment = _without_lead(case, line)
        if not (is_range or _is_note(bare)):
            continue
        replaced = lost_lines_at(case, number) > 0
        if (
            not is_comment
            and is_text(case, number)
            and not (replaced and not _is_quoted(case, number))
        ):
            continue
        if case.base is None and (is_comment or case.language.is_prose):
            continue
        certain = replaced or not (is_comment or case.language.is_prose)
        message = f"a note of a tool is left in the file: `{excerpt(case, number)}`"
        yield problem(case, ProblemCode.TOOL_OUTPUT, number, message, certain=certain)
        found += 1


def _is_quoted(case: Case, number: int) -> bool:
    """Return whether a line is inside a string; a note in a long comment replaces its lines."""
    return case.is_quoted(Position(number, 1))


def _candidates(case: Case) -> Iterator[tuple[int, bool]]:
    ranges = {number for number, _ in lines_that_match(case, _RANGE)}
    for number in sorted(ranges):
        if not _CODE.search(case.new.lines[number - 1]):
            yield number, True
    for number, _ in lines_that_match(case, _CANDIDATE):
        if number not in ranges:
            yield number, False


def _without_lead(case: Case, line: str) -> tuple[str, bool]:
    """Return a line without the beginning of a comment, and whether it is a comment."""
    lead = _LEAD.match(line)
    if lead is None or line.startswith(("---", "***")):
        return line, line.startswith(case.language.comment_leads)
    return line[lead.end() :].removesuffix("*/").removesuffix("-->").strip(), True


def _is_note(line: str) -> bool:
    if _DIVIDER.fullmatch(line):
        return True
    content = _content(line)
    if content is None or _CODE.search(content):
        return False
    return _COUNT.search(content) is not None and len(_WORDS.findall(content)) >= 1


def _content(line: str) -> str | None:
    """Return the text inside the decoration around a whole line; None if there is none."""
    if line and _BRACKETS.get(line[0]) == line[-1:]:
        inside = line[1:-1]
        return None if line[0] in inside or line[-1] in inside[:-1].replace("()", "") else inside
    decoration = _DECORATION.match(line)
    return line[decoration.end() :].strip("-=~*_.\u2026\u22ee ") if decoration else None


RULES: tuple[Rule, ...] = (tool_output,)
