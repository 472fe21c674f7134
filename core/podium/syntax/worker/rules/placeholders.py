"""Placeholders such as `# ... rest of the code unchanged`: the reply omitted code.

When saved, they replace the code that they refer to, and most grammars accept them as comments.
"""

import re
from collections.abc import Iterator

from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

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
_DECORATION = " \t*/#-!<>{}"
_LONGEST_LINE = 400


def placeholders(case: Case) -> Iterator[SyntaxProblem]:
    """Find comments, and bare lines that begin with dots, that replace omitted code.

    With a base, the omitted code existed, so a placeholder is an error; a new file may be a sketch,
    so it is a warning. A line that is in the base is intended; a line in a string literal may be.
    """
    for number in _suspicious_lines(case):
        line = case.new.lines[number - 1]
        if len(line) > _LONGEST_LINE or case.is_in_base(line):
            continue
        if not _is_placeholder(line, case.language.comment_leads):
            continue
        first = len(line) - len(line.lstrip())
        certain = case.base is not None and not case.is_quoted(Position(number, first + 1))
        yield problem_of_line(
            case,
            ProblemCode.PLACEHOLDER,
            Severity.ERROR if certain else Severity.DOUBT,
            f"placeholder instead of code: `{line.strip()}`",
            number,
        )


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


RULES: tuple[Rule, ...] = (placeholders,)
