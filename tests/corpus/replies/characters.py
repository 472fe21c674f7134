"""Characters that became others: escapes, quotes, invisible ones, wrong encodings."""

import html
import random
import re
from collections.abc import Callable
from functools import partial

from tests.corpus.edits import OTHER
from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.victim import Span, Victim

_FULL_WIDTH = str.maketrans("(),;:=", "（），；：＝")
_CURLY_DOUBLE = re.compile(r'"([^"\n]*)"')
_CURLY_SINGLE = re.compile(r"'([^'\n]*)'")
_WORD = re.compile(r"[A-Za-z_]\w{3,}")
_ANSI = re.compile(r"\b(return|if|import|def|func|const|class|local|end)\b")


def _curly(text: str) -> str:
    return _CURLY_SINGLE.sub("\u2018\\1\u2019", _CURLY_DOUBLE.sub("\u201c\\1\u201d", text))


def _guillemets(text: str) -> str:
    return _CURLY_DOUBLE.sub("«\\1»", text)


def _entities(text: str) -> str:
    return html.escape(text)


def _tag_entities(text: str) -> str:
    return html.escape(text, quote=False)


def _twice_escaped(text: str) -> str:
    return html.escape(html.escape(text))


def _numeric_entities(text: str) -> str:
    return text.replace("<", "&#60;").replace(">", "&#x3e;").replace('"', "&#34;")


def _full_width(text: str) -> str:
    return text.translate(_FULL_WIDTH)


def _hard_spaces(text: str) -> str:
    return text.replace("  ", "\u00a0\u00a0")


def _hard_space_words(text: str) -> str:
    return re.sub(r"(?<=\S) (?=\S)", "\u00a0", text)


def _en_dash(text: str) -> str:
    return text.replace("-", "\u2013")


def _quotes_escaped(text: str) -> str:
    return text.replace('"', '\\"')


def _unicode_escaped(text: str) -> str:
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace('"', "\\u0022")
    )


def _literal_tabs(text: str) -> str:
    return re.sub(r"(?m)^( {4}|\t)", r"\\t", text)


def _ansi(text: str) -> str:
    return _ANSI.sub("\x1b[34m\\1\x1b[0m", text)


def _ansi_without_escape(text: str) -> str:
    return _ANSI.sub("[34m\\1[0m", text)


def _backslashes_doubled(text: str) -> str:
    return text.replace("\\", "\\\\")


def _markdown_escaped(text: str) -> str:
    return re.sub(r"([_*#\[\]])", r"\\\1", text)


_MAPPED: dict[str, Callable[[str], str]] = {
    "curly quotes": _curly,
    "guillemets": _guillemets,
    "html entities": _entities,
    "html tags": _tag_entities,
    "html twice": _twice_escaped,
    "html numbers": _numeric_entities,
    "full width": _full_width,
    "hard spaces": _hard_spaces,
    "hard spaces between words": _hard_space_words,
    "en dash": _en_dash,
    "escaped quotes": _quotes_escaped,
    "unicode escapes": _unicode_escaped,
    "literal tabs": _literal_tabs,
    "colours": _ansi,
    "colours, half": _ansi_without_escape,
    "doubled backslashes": _backslashes_doubled,
    "markdown escapes": _markdown_escaped,
}


_TYPOGRAPHY = (_curly, _guillemets, _full_width, _hard_spaces, _hard_space_words, _en_dash)
"""What is good typography in a text for people."""
_PROSE = frozenset(("html", "markdown", OTHER))


def _changed(change: Callable[[str], str], victim: Victim) -> list[int]:
    """Return the lines of code that would be changed; a comment may have such characters."""
    if change in _TYPOGRAPHY and victim.language in _PROSE:
        return []
    return [
        at
        for at, line in enumerate(victim.lines)
        if change(line) != line and victim.code_lines(Span(at, at + 1))
    ]


def _all(change: Callable[[str], str], victim: Victim, rng: random.Random) -> str | None:
    return change(victim.text) if _changed(change, victim) else None


def _hunk(change: Callable[[str], str], victim: Victim, rng: random.Random) -> str | None:
    total = len(victim.lines)
    places = _changed(change, victim)
    if not places:
        return None
    first = rng.choice(places)
    span = Span(first, min(first + rng.randint(2, 25), total))
    return victim.replaced(span, [change(each) for each in victim.lines[span.first : span.last]])


def _literal_newlines(victim: Victim, rng: random.Random) -> str:
    return "\\n".join(victim.lines)


def _literal_newlines_of_hunk(victim: Victim, rng: random.Random) -> str:
    total = len(victim.lines)
    first = rng.randrange(total - 4)
    span = Span(first, min(first + rng.randint(3, 12), total))
    return victim.replaced(span, ["\\n".join(victim.lines[span.first : span.last])])


def _literal_crlf(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines([f"{line}\\r" for line in victim.lines])


def _in_words(sign: str, victim: Victim, rng: random.Random) -> str | None:
    """Put an invisible character into some words."""
    words = list(_WORD.finditer(victim.text))
    if not words:
        return None
    text = victim.text
    chosen = rng.sample(words, min(len(words), rng.randint(1, 4)))
    for word in sorted(chosen, key=lambda each: each.start(), reverse=True):
        at = rng.randrange(word.start() + 1, word.end())
        text = text[:at] + sign + text[at:]
    return text


def _replacement(victim: Victim, rng: random.Random) -> str | None:
    """Characters beyond ASCII were lost; where there are none, some others were."""
    if not victim.text.isascii():
        return re.sub(r"[^\x00-\x7f]", "\ufffd", victim.text)
    places = [at for at, sign in enumerate(victim.text) if sign in "\"'`-"]
    if not places:
        return None
    signs = list(victim.text)
    for at in rng.sample(places, min(len(places), 3)):
        signs[at] = "\ufffd"
    return "".join(signs)


def _mojibake(victim: Victim, rng: random.Random) -> str | None:
    if victim.text.isascii():
        return None
    return victim.edit.new.decode("cp1252", errors="replace").replace("\ufffd", "?")


def _latin_1(victim: Victim, rng: random.Random) -> bytes | None:
    text = victim.text if not victim.text.isascii() else victim.text.replace("e", "é", 3)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _utf_16(victim: Victim, rng: random.Random) -> bytes:
    return victim.text.encode("utf-16")


def _utf_16_without_mark(victim: Victim, rng: random.Random) -> bytes:
    return victim.text.encode("utf-16-le")


def _nul(victim: Victim, rng: random.Random) -> bytes:
    at = rng.randrange(len(victim.edit.new))
    return victim.edit.new[:at] + b"\0" + victim.edit.new[at:]


def _mark_inside(victim: Victim, rng: random.Random) -> str:
    at = rng.randrange(1, len(victim.lines))
    lines = list(victim.lines)
    lines[at] = "\ufeff" + lines[at]
    return victim.with_lines(lines)


_OTHERS: dict[str, Callable[[Victim, random.Random], str | bytes | None]] = {
    "literal newlines": _literal_newlines,
    "literal newlines, hunk": _literal_newlines_of_hunk,
    "literal carriage returns": _literal_crlf,
    "zero width": partial(_in_words, "\u200b"),
    "joiner": partial(_in_words, "\u200d"),
    "soft hyphen": partial(_in_words, "\u00ad"),
    "word joiner": partial(_in_words, "\u2060"),
    "right to left": partial(_in_words, "\u202e"),
    "byte order mark inside": _mark_inside,
    "replacement character": _replacement,
    "mojibake": _mojibake,
    "latin 1": _latin_1,
    "utf-16": _utf_16,
    "utf-16 without a mark": _utf_16_without_mark,
    "nul": _nul,
}
KINDS = (
    *(Kind(Family.CHARACTERS, name, partial(_all, change)) for name, change in _MAPPED.items()),
    *(
        Kind(Family.CHARACTERS, f"{name}, hunk", partial(_hunk, change))
        for name, change in _MAPPED.items()
    ),
    *(Kind(Family.CHARACTERS, name, damage) for name, damage in _OTHERS.items()),
)
