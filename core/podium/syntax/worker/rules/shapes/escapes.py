"""Lines that were escaped on their way into the file: entities, backslashes, percent signs."""

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import (
    excerpt,
    is_markup,
    is_text,
    lines_that_match,
    problem,
)

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{2,4}|#x[0-9A-Fa-f]{2,4});")
_WITH_ENTITY = re.compile(rb"\n[^\n&]*&(?:lt|gt|amp|quot|apos|nbsp|#)[^\n]*")
_WITH_BACKSLASH = re.compile(rb"\n[^\n\\]*\\[^\n]*")
_WITH_PERCENT = re.compile(rb"\n[^\n%]*%[0-9A-F]{2}[^\n]*")
_LINE_END = re.compile(r"(?<!\\)(?:\\r)?\\n")
_UNICODE = re.compile(r"\\u00([0-7][0-9a-fA-F])")
_ENTITY_OUTSIDE = frozenset(
    (
        *("c", "cpp", "python", "javascript", "typescript", "go", "rust", "java", "csharp"),
        *("ruby", "kotlin", "swift", "lua", "bash", "css", "sql", "dart", "scala"),
    )
)
"""Languages in which an entity outside strings and comments is wrong."""


def entities(case: Case) -> Iterator[SyntaxProblem]:
    """Find entities where the base has the characters, or where the language has none."""
    if b"&" not in case.new.text:
        return
    escaped: list[int] = []
    for number, _ in lines_that_match(case, _WITH_ENTITY):
        line = case.new.lines[number - 1]
        if not _ENTITY.search(line):
            continue
        if _is_escaped(case, line) or (
            case.language.name in _ENTITY_OUTSIDE and _is_outside(case, number, line)
        ):
            escaped.append(number)
    if escaped:
        certain = not (is_markup(case) or case.language.is_prose) or _was_tag(case, escaped)
        yield _encoded(case, escaped[0], "HTML entities", certain=certain)


def _is_escaped(case: Case, line: str) -> bool:
    plain = html.unescape(line)
    if not (case.is_in_base(plain) or case.is_in_base(html.unescape(plain))):
        return False
    return not is_markup(case) or "<" in plain


def _is_outside(case: Case, number: int, line: str) -> bool:
    """Return whether an entity is outside strings and comments."""
    if case.base is not None and _ENTITY.search(case.base.text.decode()):
        return False
    if is_text(case, number):
        return False
    start = case.new.start_of_line(number - 1)
    for found in _ENTITY.finditer(line):
        before = line[: found.start()]
        if case.reading.is_quoted(start + len(before.encode())):
            continue
        if before.count('"') % 2 or before.count("'") % 2 or before.count("`") % 2:
            continue
        if any(
            lead in before
            for lead in ("//", "/*", "#", "--")
            if lead in case.language.comment_leads
        ):
            continue
        return True
    return False


def _was_tag(case: Case, numbers: list[int]) -> bool:
    """Return whether whole tags became text, in most of the changed lines."""
    tags = [at for at in numbers if case.new.lines[at - 1].lstrip().startswith("&lt;")]
    changed = len(case.added_lines)
    return (
        case.language.name in ("html", "vue", "svelte", "tsx", "php") and len(tags) * 2 >= changed
    )


def backslashes(case: Case) -> Iterator[SyntaxProblem]:
    """Find lines of the base that are joined by `\\n`, or in which quotes or signs are escaped."""
    if case.base is None or b"\\" not in case.new.text:
        return
    for number, _ in lines_that_match(case, _WITH_BACKSLASH):
        line = case.new.lines[number - 1]
        if _joins_lines(case, line) or _escapes_line(case, line):
            yield _encoded(case, number, "backslash escapes", certain=not case.language.is_prose)
            return


def _joins_lines(case: Case, line: str) -> bool:
    pieces = [_unescaped(each).strip() for each in _LINE_END.split(line)]
    known = [each for each in pieces if len(each) > 2 and case.is_in_base(each)]
    if len(known) < 2:
        return False
    # A string that repeats two lines of the file is usual in tests and in examples.
    filled = [each for each in pieces if each]
    return len(known) >= 0.6 * len(filled) and not _is_one_string(line, pieces)


def _is_one_string(line: str, pieces: list[str]) -> bool:
    return bool(re.match(r"\s*[\w.\[\]]+\s*[:=(]", line)) and len(pieces) < 6


def _escapes_line(case: Case, line: str) -> bool:
    plain = _unescaped(line)
    if plain == line or not case.is_in_base(plain):
        return False
    # One escaped quote in a literal is a matter of style.
    escaped = line.count('\\"') + line.count("\\'")
    return escaped > 1 or _UNICODE.search(line) is not None


def _unescaped(line: str) -> str:
    line = line.replace('\\"', '"').replace("\\'", "'").replace("\\t", "\t")
    return _UNICODE.sub(lambda found: chr(int(found[1], 16)), line).replace("\\\\", "\\")


def percent_signs(case: Case) -> Iterator[SyntaxProblem]:
    """Find lines of the base with percent escapes."""
    if case.base is None or b"%" not in case.new.text:
        return
    for number, _ in lines_that_match(case, _WITH_PERCENT):
        line = case.new.lines[number - 1]
        if line.count("%") > 1 and case.is_in_base(unquote(line)):
            yield _encoded(case, number, "percent escapes")
            return


def _encoded(case: Case, number: int, what: str, *, certain: bool = True) -> SyntaxProblem:
    message = f"{what} where the text itself belongs: `{excerpt(case, number)}`"
    return problem(case, ProblemCode.ENCODED_TEXT, number, message, certain=certain)


RULES: tuple[Rule, ...] = (entities, backslashes, percent_signs)
