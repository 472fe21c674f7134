"""Tags around or inside the text: those of a tool call, of a reply or of a chat template."""

import re
from collections.abc import Iterator
from itertools import islice

from podium.syntax.language import JudgedBy
from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import (
    MOST_PROBLEMS,
    excerpt,
    first_filled,
    is_markup,
    is_text,
    lines_that_match,
    problem,
)

_TAG = re.compile(
    rb"\n[ \t]*<(?P<close>/)?(?:\w+:)?(?P<name>[A-Za-z_][\w.-]*)"
    rb"(?:[ \t][^<>\n]*)?>[ \t]*\r?(?=\n|\Z)"
)
_TOKEN = re.compile(
    rb"\n[ \t]*(?:<\|[^|<>\n]{1,40}\|>|<\xef\xbd\x9c[^<>\n]{1,80}\xef\xbd\x9c>|\[/[A-Z_]{2,}\])"
    rb"[^\n]{0,40}(?=\n|\Z)"
)
_AT_END = re.compile(rb"(?P<text>\S[^\n]*?)[ \t]*(?:(?:</[\w:.-]+>|<\|[\w ]+\|>)[ \t]*)+\s*\Z")
_AT_START = re.compile(rb"\s*(?:<[A-Za-z_][^<>\n]*>[ \t]*)+(?P<text>[^\s<][^\n]*)")
_MARKUP_NAMES = frozenset(
    rb"""a abbr address area article aside audio b base blockquote body br button canvas caption
    center cite code col colgroup data datalist dd del details dfn dialog div dl dt em embed
    fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img
    input ins kbd label legend li link main map mark menu meta meter nav noscript object ol
    optgroup option output p param picture pre progress q s samp script section select slot small
    source span strong style sub summary sup svg table tbody td template textarea tfoot th thead
    time title tr track u ul var video wbr""".split()
)
_WITH_TYPES = frozenset(
    (*("cpp", "java", "csharp", "typescript", "kotlin", "swift", "rust", "go", "dart", "scala"),)
)
"""Languages in which a line may consist of type arguments, for instance `<int>`."""
_TAGS_IN_MACROS = frozenset(("rust", "scala"))
_EDGE = 3


def tags(case: Case) -> Iterator[SyntaxProblem]:
    """Find lines that consist of a tag which cannot belong to the file.

    Where tags are usual, only those without a partner count, and those around the whole file.
    """
    if b"<" not in case.new.text and b"[/" not in case.new.text:
        return
    found = [*_tokens(case), *_tags(case)]
    yield from islice(found or _attached(case), MOST_PROBLEMS)


def _tokens(case: Case) -> Iterator[SyntaxProblem]:
    for number, _ in lines_that_match(case, _TOKEN):
        if not is_text(case, number):
            yield _left(case, number)


def _tags(case: Case) -> Iterator[SyntaxProblem]:
    for number, tag in lines_that_match(case, _TAG):
        if is_text(case, number):
            continue
        certain = _certainty(case, number, tag["name"], closes=tag["close"] is not None)
        if certain is not None:
            yield _left(case, number, certain=certain)


def _certainty(case: Case, number: int, name: bytes, *, closes: bool) -> bool | None:
    """Return whether a tag is certainly wrong; None if it may be right."""
    at_edge = _is_at_edge(case, number)
    lacks_partner = _imbalance(case.new.text, name) != 0
    if case.base is not None:
        lacks_partner = lacks_partner and _imbalance(case.base.text, name) == 0
    if case.language.is_prose or is_markup(case) or case.language.name in _TAGS_IN_MACROS:
        if _is_wrapper(case, name):
            return True
        if name.lower() in _MARKUP_NAMES or not _is_at_margin(case, number):
            return None
        if not lacks_partner:
            return False if _encloses(case, name) else None
        if at_edge and (closes or number == first_filled(case)):
            return True if closes or case.base is not None else None
        return False if case.base is not None and closes else None
    if closes:
        return True
    if case.language.name in _WITH_TYPES or case.language.judged_by is JudgedBy.C_BRACKETS:
        return True if number == first_filled(case) or _is_balanced(case, name) else None
    return True if case.language.name != "yaml" or _is_at_margin(case, number) else None


def _is_at_margin(case: Case, number: int) -> bool:
    return not case.new.lines[number - 1][:1].isspace()


def _is_at_edge(case: Case, number: int) -> bool:
    filled = [
        at
        for at, line in enumerate(case.new.lines[-20:], len(case.new.lines[:-20]) + 1)
        if line.strip()
    ]
    return number in filled[-_EDGE:] or number == first_filled(case)


def _imbalance(text: bytes, name: bytes) -> int:
    opened = len(re.findall(rb"<(?:\w+:)?" + re.escape(name) + rb"(?![\w.-])(?![^<>]*/>)", text))
    closed = len(re.findall(rb"</(?:\w+:)?" + re.escape(name) + rb"\s*>", text))
    return opened - closed


def _is_balanced(case: Case, name: bytes) -> bool:
    return b"</" + name in case.new.text


def _encloses(case: Case, name: bytes) -> bool:
    """Return whether tags that a document does not have yet enclose lines of its base."""
    if not case.language.is_prose or case.base is None or name[:1].isupper():
        return False
    return b"<" + name not in case.base.text and not case.lost_lines


def _is_wrapper(case: Case, name: bytes) -> bool:
    """Return whether the first and the last line are new tags around the whole base."""
    if case.base is None:
        return False
    new, base = case.new.non_blank_lines, case.base.non_blank_lines
    if len(base) < 2 or len(new) < len(base):
        return False
    word = name.decode()
    is_around = new[0].startswith(f"<{word}") and new[-1] == f"</{word}>"
    return is_around and new[1] == base[0] and new[-2] == base[-1] and new[0] != base[0]


def _attached(case: Case) -> Iterator[SyntaxProblem]:
    """Find tags on the first and last line of the base's own text."""
    if case.base is None or not case.base.non_blank_lines:
        return
    last = case.new.last_non_blank
    if (end := _AT_END.search(case.new.text, max(len(case.new.text) - 400, 0))) is not None:
        text = " ".join(end["text"].decode(errors="replace").split())
        if text == case.base.non_blank_lines[-1] and not case.is_in_base(case.new.lines[last - 1]):
            yield _left(case, last)
    if (start := _AT_START.match(case.new.text)) is not None:
        text = " ".join(start["text"].decode(errors="replace").split())
        first = first_filled(case)
        if text == case.base.non_blank_lines[0] and not case.is_in_base(case.new.lines[first - 1]):
            yield _left(case, first)


def _left(case: Case, number: int, *, certain: bool = True) -> SyntaxProblem:
    message = f"a tag of the agent's reply is left in the file: `{excerpt(case, number)}`"
    return problem(case, ProblemCode.REPLY_MARKUP, number, message, certain=certain)


RULES: tuple[Rule, ...] = (tags,)
