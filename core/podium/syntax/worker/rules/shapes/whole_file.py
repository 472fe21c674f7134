"""A file whose whole content is something else: one encoded string, a path, a message or a word."""

import ast
import base64
import binascii
import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import excerpt, first_filled, is_comment, problem

_FEW = 3
_LEAST_BASE = 3
_LONGEST_MESSAGE = 500
_LEAST_ENCODED = 24
_MAX_JSON = 2_000_000
_BASE64 = re.compile(r"[A-Za-z0-9+/=_\s-]+")
_PATH = re.compile(
    r"[\"'`]?(?:[A-Za-z]:|~|\.{0,2})?(?:[\\/]?[\w@. -]+[\\/])*[\w@-][\w@.-]*\.\w{1,8}[\"'`]?:?"
)
_FOLDERS = re.compile(r"[\"'`]?[\w@.~:-]*(?:[\\/][\w@.-]+)+[\\/]?[\"'`]?")
_WORDS = re.compile(r"[\w.\u2026'\u2019!?,-]+(?: [\w.\u2026'\u2019!?,-]+)*[.:!?\u3002\uff01]*")
_OBJECT = re.compile(r"\[object [A-Z]\w*\]|<[^<>]{2,60}>|\{\}|\[\]|\(\)|[\"'`]{2,6}|[-_.*=]{2,}")
_MESSAGE = re.compile(
    r"[^\s:=(){}\[\];]+(?: [^\s:=(){}\[\];]+)*(?: ?\([^()]*\)| ?\[[^\[\]]*\])?: ?\S[^;{}]*"
)
_HTML_PAGE = re.compile(r"<!doctype html|<html[\s>]", re.IGNORECASE)
_MARKUP = frozenset(("html", "php", "vue", "svelte", "markdown"))
_JSON_LIKE = frozenset(("json", "yaml", "javascript", "typescript"))
_NO_CODE = frozenset(("json", "yaml", "toml"))


def encoded_file(case: Case) -> Iterator[SyntaxProblem]:
    """Find a file that consists of one string with escapes, or of base64 or percent escapes."""
    lines = case.new.non_blank_lines
    if not lines or lines == _base_lines(case) or (case.language.name == "json" and not case.base):
        return
    text = case.new.text.decode().strip()
    how = _encoding(case, text, lines)
    if how:
        number = first_filled(case)
        message = f"the whole file is {how}, not the text itself"
        yield problem(case, ProblemCode.ENCODED_TEXT, number, message)


def other_content(case: Case) -> Iterator[SyntaxProblem]:
    """Find a few lines instead of a longer base: a path, a word, a message or an error page."""
    base, lines = _base_lines(case), case.new.non_blank_lines
    if case.base is None or not lines or len(base) < _LEAST_BASE or case.may_shrink:
        return
    if not set(lines).isdisjoint(base):
        return
    what, certain = _other(case, lines)
    if what:
        number = first_filled(case)
        message = f"the file is {what} instead of its {len(base)} lines: `{excerpt(case, number)}`"
        yield problem(case, ProblemCode.NOT_THE_FILE, number, message, certain=certain)


def _base_lines(case: Case) -> tuple[str, ...]:
    return case.base.non_blank_lines if case.base is not None else ()


def _encoding(case: Case, text: str, lines: tuple[str, ...]) -> str:
    has_base = len(_base_lines(case)) >= 2
    # In Python, a docstring alone is a usual file.
    is_odd = has_base and case.language.name != "python"
    if _is_string(text) and (is_odd or "\\n" in text) and not case.language.is_prose:
        return "one string literal"
    is_json = case.language.name not in _JSON_LIKE and not case.language.is_prose
    if is_json and (has_base or case.language.name) and _is_json(text) and not _was_json(case):
        return "a JSON value"
    if not has_base or (len(lines) > 1 and len(lines) * 2 < len(_base_lines(case))):
        pass
    if has_base and len(text) >= _LEAST_ENCODED:
        return _transport_encoding(case, text, lines)
    return ""


def _transport_encoding(case: Case, text: str, lines: tuple[str, ...]) -> str:
    if (
        len(lines) == 1
        and text.count("%") >= 3
        and " " not in text
        and len(unquote(text).splitlines()) > 1
    ):
        return "percent-encoded"
    if _BASE64.fullmatch(text) and max(map(len, lines)) >= _LEAST_ENCODED:
        joined = "".join(text.split())
        was = case.base is not None and _BASE64.fullmatch(case.base.text.decode().strip())
        if not was and " " not in text and _decodes(joined):
            return "base64"
    return ""


def _decodes(text: str) -> bool:
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
        return len(raw.decode()) >= _LEAST_ENCODED / 2
    except (binascii.Error, ValueError):
        return False


def _is_string(text: str) -> bool:
    """Return whether a text is one string literal on one line."""
    start = text.lstrip("bru")[:1]
    if start not in ('"', "'", "`") or not text.endswith(start) or "\n" in text or len(text) < 2:
        return False
    if start == "`":
        return "`" not in text[1:-1]
    try:
        return isinstance(ast.literal_eval(text), str | bytes)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False


def _is_json(text: str) -> bool:
    if text[:1] + text[-1:] not in ("{}", "[]") or len(text) > _MAX_JSON:
        return False
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict | list) and value not in ({}, []) and '"' in text


def _was_json(case: Case) -> bool:
    return case.base is not None and _is_json(case.base.text.decode().strip())


def _other(case: Case, lines: tuple[str, ...]) -> tuple[str, bool]:
    """Return what the lines are, and whether that is certain; empty if they may be a file."""
    text = case.new.text.decode().strip()
    if _HTML_PAGE.match(text) and case.language.name not in _MARKUP and not _was_page(case):
        return "an HTML page", not case.language.is_prose and bool(case.language.name)
    if len(lines) > _FEW or len(text) > _LONGEST_MESSAGE:
        return "", False
    first = case.new.offset_of(case.new.clamped(first_filled(case), 1))
    if text.startswith(case.language.comment_leads) or is_comment(case, first):
        return "", False
    certain = not case.language.is_prose
    line = lines[0]
    if len(lines) == 1 and (_PATH.fullmatch(line) or _FOLDERS.fullmatch(line)):
        return "a path", certain
    if len(lines) == 1 and _OBJECT.fullmatch(line):
        return "a placeholder", certain and case.language.name not in _NO_CODE
    if len(lines) == 1 and _WORDS.fullmatch(line):
        what = "a sentence" if " " in line else "one word"
        return what, certain and case.language.name not in ("yaml", "bash", "ruby", "")
    if _MESSAGE.fullmatch(line) and _is_no_code(case):
        return "a message", certain
    return "", False


def _is_no_code(case: Case) -> bool:
    is_judged = case.language.name and case.language.name not in (
        *("c", "cpp", "css", "html", "php", "yaml", "bash"),
    )
    return bool(case.reading.problems) if is_judged else case.language.name != "yaml"


def _was_page(case: Case) -> bool:
    return case.base is not None and b"<html" in case.base.text.lower()


RULES: tuple[Rule, ...] = (encoded_file, other_content)
