"""Placeholders such as `# ... rest of the code unchanged`: the reply omitted code.

When saved, they replace the code that they refer to, and most grammars accept them as comments.
"""

import re
from collections.abc import Iterator, Sequence

from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, problem_of_line
from podium.syntax.worker.rules.replaced_code import hunk_lines, joined_hunks, replaced_code

_NEEDLES = tuple(
    each.encode()
    for each in (
        *("...", "…", "unchanged", "brevity", "existing", "rest of", "remain", "omitted"),
        *("same as before", "as before", "[snip", "truncated]", "previous", "original"),
    )
)

_THING = (
    r"(?:code|file|class|module|script|implementation|content|contents|logic|body|methods?"
    r"|functions?|imports?|components?|tests?|handlers?|routes?|props|fields|styles|rules)"
)
_DOTS = r"(?:\.{3,}|…)"
_SPREAD = r"\.{3}\w+\s*[\]}),:]|(?:(?<=[,{(\[])|(?<=[,{(\[]\s))\.{3}\w"
"""JavaScript's `{ a, ...rest }`, which a comment may mention, is not a placeholder."""
_KEPT = r"(?:unchanged|the same|as (?:before|is|it was)|omitted|same as before)"
_PHRASE = re.compile(
    rf"""
      (?!{_SPREAD}){_DOTS}\s*[(\[]?\s*(?:the\s+|all\s+)?(?:rest|remaining|remainder|existing|unchanged|previous
        |other|same|omitted|truncated|keep|and\s+so\s+on|your|original)\b
    | \b(?:rest|remainder)\s+of\s+(?:the\s+|your\s+|this\s+)?(?:\w+\s+){{0,2}}?{_THING}\b
        .{{0,30}}?(?:unchanged|same|omitted|here|as\s+before|remains?|{_DOTS})
    | \b(?:existing|previous|original|unchanged)\s+{_THING}\s*
        (?:(?:goes\s+|stays\s+|remains\s+)?here\b|unchanged|remains?\b|stays?\b|omitted|{_DOTS})
    | \b(?:unchanged|existing)\s+code\s+(?:above|below)\b
    | \b(?:keep|retain)\s+(?:the\s+|all\s+)?(?:existing|rest|other|remaining|original)\s
        (?:of\s+the\s+)?(?:{_THING}\b|as\s+(?:is|before)|unchanged)
    | \b(?:omitted|elided|truncated|shortened|snipped)\s+for\s+brevity\b
    | [\[(<]\s*(?:the\s+)?(?:rest|remainder)\s+of\s[^\])>]*[\])>]
    | \[(?:truncated|omitted|snip|snipped)\]
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WHOLE_COMMENT = re.compile(
    rf"""(?:{_DOTS}\s*)?(?:
      (?:the\s+)?(?:rest|remainder)\s+of\s+(?:the\s+|your\s+|this\s+)?(?:code|file|class|module
        |implementation)
    | (?:the\s+)?(?:(?:rest|remainder)\s+of\s+(?:the\s+)?|existing\s+|other\s+|remaining\s+)*
        {_THING}\s+(?:above\s+|below\s+)?(?:remains?|is|are|stays?)\s+{_KEPT}
    | same\s+as\s+before | existing\s+{_THING}
    )\s*(?:{_DOTS}|:)?""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE = re.compile(rf"[\[(<]?{_DOTS}\s+\S+\s+\S")
_MARKED = re.compile(r"\.{3}|…|[\[(<][^\])>]*[\])>]\W*$|\bbrevity\b", re.IGNORECASE)
"""Matches the dots or brackets of an explicit omission."""
_LONGEST_EXCERPT = 80
_DECORATION = " \t*/#-!<>{}"
_LONGEST_LINE = 400


def placeholders(case: Case, hollow: Sequence[tuple[int, int]] = ()) -> Iterator[SyntaxProblem]:
    """Find comments, and bare lines that begin with dots, that replace omitted code.

    A comment alone where the base had code is a doubt, whatever it says, and an error if it also
    reads like a placeholder. A comment that only reads like one counts if its hunk lost code, or if
    dots or brackets mark the omission; a line that is in the base is intended.

    Args:
        case: the file.
        hollow: the lines of definitions that are reported as emptied, so that their comments are
            not reported as well.
    """
    replaced = {each.line: each.lost for each in replaced_code(case)}
    phrases = set(_phrases(case))
    for number in sorted(replaced.keys() | phrases):
        severity = _severity(case, number, number in replaced, number in phrases)
        if severity is None or (severity is Severity.DOUBT and _is_within(number, hollow)):
            continue
        text = case.new.lines[number - 1].strip()[:_LONGEST_EXCERPT]
        message = f"placeholder instead of code: `{text}`"
        if number not in phrases:
            count = replaced[number]
            lines = "a line" if count == 1 else f"{count} lines"
            message = f"a comment replaces {lines} of code: `{text}`"
        yield problem_of_line(case, ProblemCode.PLACEHOLDER, severity, message, number)


def _phrases(case: Case) -> Iterator[int]:
    """Yield the numbers of the lines that read like a placeholder."""
    for number in _suspicious_lines(case):
        line = case.new.lines[number - 1]
        is_known = len(line) > _LONGEST_LINE or case.is_in_base(line)
        if not is_known and _is_placeholder(line, case.language.comment_leads):
            yield number


def _severity(case: Case, number: int, is_replaced: bool, is_phrase: bool) -> Severity | None:
    if case.base is None:
        return Severity.DOUBT
    if not is_phrase:
        return Severity.DOUBT
    line = case.new.lines[number - 1]
    first = len(line) - len(line.lstrip())
    is_quoted = case.is_quoted(Position(number, first + 1))
    if not is_quoted and (is_replaced or _has_lost_code(case, number)):
        return Severity.ERROR
    return Severity.DOUBT if is_quoted or _MARKED.search(line) else None


def _has_lost_code(case: Case, number: int) -> bool:
    """Return whether the hunk of a line lost more code than it gained."""
    if case.may_shrink:
        return False
    hunk = next(each for each in joined_hunks(case) if each.new_from < number <= each.new_to)
    lines = hunk_lines(case, hunk)
    return lines.losses > lines.gained.total()


def _is_within(number: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(first <= number <= last for first, last in spans)


def _suspicious_lines(case: Case) -> list[int]:
    """Return the changed lines that contain one of the needles."""
    whole = (0, len(case.new.lines))
    changed = [(each.new_from, each.new_to) for each in case.hunks]
    text = case.new.text.lower()
    needles = [needle for needle in _NEEDLES if needle in text]
    numbers: set[int] = set()
    for lines in changed if case.base is not None else [whole]:
        span = case.new.span_of_lines(*lines)
        for needle in needles:
            numbers.update(map(case.new.line, _in_each_line(needle, text, span)))
    return sorted(numbers)


def _in_each_line(needle: bytes, text: bytes, span: tuple[int, int]) -> Iterator[int]:
    """Yield one occurrence of a needle per line in a span."""
    start, end = span
    found = text.find(needle, start, end)
    while found >= 0:
        yield found
        end_of_line = text.find(b"\n", found, end)
        found = text.find(needle, end_of_line, end) if end_of_line >= 0 else -1


def _is_placeholder(line: str, leads: tuple[str, ...]) -> bool:
    stripped = line.strip()
    if _BARE.match(stripped) and _PHRASE.match(stripped.lstrip("[(<")):
        return True
    return any(_matches_phrase(comment) for comment in _comments(line, leads))


def _matches_phrase(comment: str) -> bool:
    return bool(_PHRASE.search(comment) or _WHOLE_COMMENT.fullmatch(comment))


def _comments(line: str, leads: tuple[str, ...]) -> Iterator[str]:
    """Yield the text of comments, both on their own line and after code."""
    stripped = line.strip()
    for lead in leads:
        if stripped.startswith(lead):
            yield stripped[len(lead) :].strip(_DECORATION)
        elif len(lead) > 1 or lead == "#":
            before, found, comment = line.partition(f" {lead}")
            if found and before.strip():
                yield comment.strip(_DECORATION)
