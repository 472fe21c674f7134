"""Characters that look like others or like nothing, where the base has plain ones."""

import re
import unicodedata
from collections.abc import Iterator

from podium.syntax.language import JudgedBy
from podium.syntax.plain import is_terminal_output
from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import changed_spans, is_comment

_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u00ab\u00bb\u02bc\u00b4"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_WIDE = "\uff01-\uff5e\u3001\u3002\u300c-\u300f\u3010\u3011"
_CONTROLS = "\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x9f\u2028\u2029"
_ODD = re.compile(f"[{_QUOTES}{_DASHES}\u2026{_BLANKS}{_INVISIBLE}{_WIDE}{_CONTROLS}]")
_INVISIBLE_ONE = re.compile(f"[{_INVISIBLE}]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(f"(?:\x1b\\[[0-9;]*[A-Za-z]|[{_CONTROLS}])")
_BLANK = re.compile(f"[{_BLANKS}]")
_ATTRIBUTE = re.compile(f"=[{_QUOTES}]")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys(_DASHES, "-"),
        "\u2026": "...",
        "\u3001": ",",
        "\u3002": ".",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)
_MOST_LINES = 2000
_MARKUP = frozenset(("html", "markdown", "vue", "svelte", "tsx", "javascript", "php"))
_DATA = frozenset(("yaml", "bash", "ruby", "css"))


def odd_characters(case: Case) -> Iterator[SyntaxProblem]:
    """Find characters in changed lines that the language does not know, or that the base lacks.

    In strings and comments they may be intended, unless only they differ from a line of the base
    and the difference cannot be seen.
    """
    if case.base is not None and is_terminal_output(case.base.text):
        return
    if case.new.text.isascii() and _CONTROL.search(case.new.text.decode()) is None:
        return
    for number, line in _changed_lines(case):
        if _ODD.search(line) and (found := _judged(case, number, line)) is not None:
            yield found
            return


def _changed_lines(case: Case) -> Iterator[tuple[int, str]]:
    known = frozenset(case.base.lines) if case.base is not None else frozenset[str]()
    for start, end in changed_spans(case):
        span = case.new.text[start:end]
        if span.isascii() and not _CONTROL.search(span.decode()):
            continue
        first = case.new.line(start)
        lines = span.decode().split("\n")[:_MOST_LINES]
        for number, line in enumerate(lines, first):
            if (text := line.removesuffix("\r")) not in known:
                yield number, text


def _judged(case: Case, number: int, line: str) -> SyntaxProblem | None:
    was = _line_of_base(case, line)
    outside = _first_outside(case, number, line)
    if was and (outside >= 0 or _is_unseen(line)):
        at = max(outside, 0) or _first(line)
        return _odd(case, number, line, at, certain=_is_certain(case, line))
    if outside >= 0 and case.base is not None:
        return _odd(case, number, line, outside, certain=case.language.name not in _DATA)
    if was and not _ODD.search(case.base.text.decode() if case.base is not None else ""):
        return _odd(case, number, line, _first(line), certain=False)
    if _BIDI.search(line) and case.base is not None:
        return _odd(case, number, line, _first(line), certain=False)
    return None


def _first(line: str) -> int:
    found = _ODD.search(line)
    return found.start() if found is not None else 0


def _is_unseen(line: str) -> bool:
    return bool(_INVISIBLE_ONE.search(line) or _BLANK.search(line) or _CONTROL.search(line))


def _is_certain(case: Case, line: str) -> bool:
    return not case.language.is_prose or _INVISIBLE_ONE.search(line) is not None


def _line_of_base(case: Case, line: str) -> str:
    """Return the line of the base from which a line differs only by such characters, or ""."""
    for plain in _plain_forms(line):
        if plain.strip() and plain != line and case.is_in_base(plain):
            return plain
    return ""


def _plain_forms(line: str) -> Iterator[str]:
    seen = _CONTROL.sub("", _INVISIBLE_ONE.sub("", line))
    yield seen
    yield _BLANK.sub(" ", seen)
    plain = unicodedata.normalize("NFKC", _BLANK.sub(" ", seen).translate(_PLAIN))
    yield plain
    yield plain.replace("--", "-")
    yield seen.replace("\u2014", "--").translate(_PLAIN)


def _first_outside(case: Case, number: int, line: str) -> int:
    """Return the index of the first such character outside strings and comments, or -1."""
    if case.language.is_prose or not case.language.name:
        # Without a grammar, only a line of the base shows what is a text.
        return _first(line) if case.base is not None and _line_of_base(case, line) else -1
    if case.language.name in _MARKUP:
        attribute = _ATTRIBUTE.search(line)
        if attribute is not None:
            return attribute.start() + 1
    for found in _ODD.finditer(line):
        offset = case.new.offset_of(Position(number, found.start() + 1))
        if (
            case.reading.is_quoted(offset)
            or is_comment(case, offset)
            or _is_plain_text(case, offset)
        ):
            continue
        if _is_joined(case, line, found.start()):
            continue
        return found.start()
    return -1


def _is_joined(case: Case, line: str, at: int) -> bool:
    """Return whether a character is part of a text that no grammar marks as one."""
    if case.language.name in ("yaml", "bash"):
        return not (case.base is not None and _line_of_base(case, line))
    if case.language.judged_by is JudgedBy.C_BRACKETS:
        return False
    return case.language.name == "html"


def _is_plain_text(case: Case, offset: int) -> bool:
    """Return whether the grammar reads a character as text between tags."""
    parsed = case.reading.parsed() if case.language.name in _MARKUP else None
    if parsed is None or offset >= len(parsed.source.text):
        return False
    node = parsed.tree.root_node.descendant_for_byte_range(offset, offset + 1)
    for _ in range(4):
        if node is None:
            return False
        if node.type in ("text", "jsx_text", "html_text", "raw_text", "regex_pattern", "inline"):
            return True
        node = node.parent
    return False


def _odd(case: Case, number: int, line: str, at: int, *, certain: bool) -> SyntaxProblem:
    found = _ODD.search(line, at)
    at = found.start() if found is not None else at
    name = unicodedata.name(line[at], "a control character").lower()
    message = f"{name} (U+{ord(line[at]):04X}) where a plain character belongs"
    severity = Severity.ERROR if certain else Severity.DOUBT
    start, end = Position(number, at + 1), Position(number, at + 2)
    return SyntaxProblem(ProblemCode.ODD_CHARACTER, severity, message, start, end)


RULES: tuple[Rule, ...] = (odd_characters,)
