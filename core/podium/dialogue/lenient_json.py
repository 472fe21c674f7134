"""Parses JSON as written by language models, in one pass.

Every deviation from the standard is counted and can be reported; nothing is invented. Text that
ends early is marked as truncated; text that cannot be parsed is rejected, with the position. The
parser never backtracks, so its time is linear in the length of the text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NoReturn, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_DEPTH = 200
"""Maximum nesting; far more than Podium's formats need."""

_MAX_DIGITS = 300
_ESCAPE_LENGTH = 6
_SPACE = re.compile(r"[\s\ufeff\u200b]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_$][\w$-]*")
_KEY_AHEAD = re.compile(r'"[^"\\\n]{1,60}"\s*:')
_FOUR_DIGITS = re.compile(r"[0-9a-fA-F]{4}")
_LOW_HALF = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_CLOSING_QUOTE = {'"': '"', "'": "'", "“": "”"}
_PLAIN_RUN = {quote: re.compile(rf"[^\\{quote}]+") for quote in _CLOSING_QUOTE.values()}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_PYTHON_LITERALS: dict[str, bool | None] = {"True": True, "False": False, "None": None}


class Repair(Enum):
    """An accepted deviation from the standard; the value is shown to users."""

    COMMENT = "a comment was ignored"
    TRAILING_COMMA = "a trailing comma was ignored"
    EXTRA_COMMA = "a comma without a value was ignored"
    MISSING_COMMA = "a missing comma was inserted"
    QUOTES = "quotation marks other than '\"' were accepted"
    BARE_KEY = "an unquoted key was accepted"
    INNER_QUOTE = "an unescaped quotation mark inside a string was kept"
    RAW_LINE = "a line break inside a string was kept"
    ESCAPE = "an unknown escape was kept as written"
    HALF_CHARACTER = "an unpaired surrogate was replaced"
    PYTHON_WORD = "True, False or None was read as true, false or null"
    DOUBLE_KEY = "an object has a duplicate key, and its last value was used"


class Status(Enum):
    """How parsing ended."""

    COMPLETE = auto()
    TRUNCATED = auto()
    """The text ended early."""
    BROKEN = auto()
    """The text has a syntax error."""


@dataclass(frozen=True)
class Reading:
    """The result of parsing from one opening bracket.

    Args:
        value: the object or list, as far as it was parsed.
        status: how parsing ended.
        start: the offset of the opening bracket.
        stop: the offset after the last character read.
        repairs: for each repair, its count and its first offset.
        open_path: keys and indexes of the value being parsed when the text ended or broke.
        expected: what was expected at `stop`, if the text is broken.
    """

    value: JsonValue
    status: Status
    start: int
    stop: int
    repairs: dict[Repair, tuple[int, int]]
    open_path: tuple[str | int, ...] = ()
    expected: str = ""


def read_value(text: str, start: int, end: int) -> Reading:
    """Parse the object or list whose bracket is at `start`; never read past `end`."""
    reader = _Reader(text, start, end)
    status, expected = Status.COMPLETE, ""
    try:
        reader.read()
    except _CutError:
        status = Status.TRUNCATED
    except _BrokenError as error:
        status, expected = Status.BROKEN, str(error)
    path = tuple(frame.child for frame in reader.frames if frame.child is not None)
    return Reading(reader.root, status, start, reader.pos, reader.repairs, path, expected)


def line_of(text: str, offset: int) -> int:
    """Return the 1-based line number of `offset`."""
    return text.count("\n", 0, offset) + 1


class _CutError(Exception):
    """The text ended before the value did."""


class _BrokenError(Exception):
    """The text has a syntax error; the message states what was expected."""


class _Expect(Enum):
    ITEM = auto()
    COLON = auto()
    VALUE = auto()
    AFTER = auto()


@dataclass
class _Frame:
    """An object or list that is still open."""

    container: list[JsonValue] | dict[str, JsonValue]
    expect: _Expect = _Expect.ITEM
    after_comma: bool = False
    key: str = ""
    child: str | int | None = None
    """The key or index of the value being parsed."""

    @property
    def closer(self) -> str:
        return "]" if isinstance(self.container, list) else "}"


@dataclass
class _Reader:
    text: str
    pos: int
    end: int
    frames: list[_Frame] = field(default_factory=list[_Frame])
    repairs: dict[Repair, tuple[int, int]] = field(default_factory=dict[Repair, tuple[int, int]])
    root: JsonValue = None

    def read(self) -> None:
        steps: dict[_Expect, Callable[[_Frame, str], None]] = {
            _Expect.ITEM: self._item,
            _Expect.COLON: self._colon,
            _Expect.VALUE: self._value,
            _Expect.AFTER: self._after,
        }
        self._open(self.text[self.pos])
        while self.frames:
            char = self._next()
            frame = self.frames[-1]
            steps[frame.expect](frame, char)

    def _next(self) -> str:
        """Skip whitespace and comments and return the next character."""
        while True:
            self.pos = _space_end(self.text, self.pos, self.end)
            if self.pos >= self.end or self.text.startswith("```", self.pos):
                raise _CutError
            char = self.text[self.pos]
            if char != "#" and not self.text.startswith(("//", "/*"), self.pos):
                return char
            self._skip_comment()

    def _skip_comment(self) -> None:
        self._repair(Repair.COMMENT)
        mark = "*/" if self.text.startswith("/*", self.pos) else "\n"
        found = self.text.find(mark, self.pos + 2, self.end)
        if found < 0:
            self.pos = self.end
            raise _CutError
        self.pos = found + (2 if mark == "*/" else 0)

    def _item(self, frame: _Frame, char: str) -> None:
        if char == ",":
            self._repair(Repair.EXTRA_COMMA)
            self.pos += 1
        elif char == frame.closer:
            if frame.after_comma:
                self._repair(Repair.TRAILING_COMMA)
            self._close()
        elif isinstance(frame.container, list):
            self._value(frame, char)
        else:
            self._key(frame, char)

    def _key(self, frame: _Frame, char: str) -> None:
        if char in _CLOSING_QUOTE:
            frame.key = self._string(char, is_key=True)
        else:
            word = _WORD.match(self.text, self.pos, self.end)
            if word is None:
                self._broken("a quoted key")
            if word.end() == self.end:
                raise _CutError
            self._repair(Repair.BARE_KEY)
            frame.key, self.pos = word.group(), word.end()
        frame.expect = _Expect.COLON

    def _colon(self, frame: _Frame, char: str) -> None:
        if char != ":":
            self._broken("':' after the key")
        self.pos += 1
        frame.expect, frame.child = _Expect.VALUE, frame.key

    def _value(self, frame: _Frame, char: str) -> None:
        if char in "{[":
            if len(self.frames) >= MAX_DEPTH:
                self._broken(f"at most {MAX_DEPTH} levels of nesting")
            self._open(char)
        elif char in _CLOSING_QUOTE:
            self._attach(frame, self._string(char, is_key=False))
        else:
            self._attach(frame, self._scalar())

    def _after(self, frame: _Frame, char: str) -> None:
        if char == ",":
            self.pos += 1
            frame.expect, frame.after_comma = _Expect.ITEM, True
        elif char == frame.closer:
            self._close()
        elif char in "{[" or char in _CLOSING_QUOTE:
            self._repair(Repair.MISSING_COMMA)
            frame.expect, frame.after_comma = _Expect.ITEM, False
        else:
            self._broken(f"',' or '{frame.closer}'")

    def _open(self, char: str) -> None:
        container: list[JsonValue] | dict[str, JsonValue] = [] if char == "[" else {}
        if self.frames:
            frame = self.frames[-1]
            self._attach(frame, container)
            if isinstance(frame.container, list):
                frame.child = len(frame.container) - 1
            else:
                frame.child = frame.key
        else:
            self.root = container
        self.frames.append(_Frame(container))
        self.pos += 1

    def _close(self) -> None:
        self.frames.pop()
        if self.frames:
            self.frames[-1].child = None
        self.pos += 1

    def _attach(self, frame: _Frame, value: JsonValue) -> None:
        if isinstance(frame.container, list):
            frame.container.append(value)
        else:
            if frame.key in frame.container:
                self._repair(Repair.DOUBLE_KEY)
            frame.container[frame.key] = value
        frame.expect, frame.child = _Expect.AFTER, None

    def _scalar(self) -> JsonValue:
        number = _NUMBER.match(self.text, self.pos, self.end)
        found = number or _WORD.match(self.text, self.pos, self.end)
        if found is None:
            self._broken("a value")
        if found.end() == self.end:
            raise _CutError
        value = self._number(found) if number else self._literal(found.group())
        self.pos = found.end()
        return value

    def _number(self, found: re.Match[str]) -> int | float:
        digits = found.group()
        if len(digits) > _MAX_DIGITS or abs(float(digits)) == float("inf"):
            self._broken("a number within range")
        return float(digits) if found.group(1) or found.group(2) else int(digits)

    def _literal(self, word: str) -> JsonValue:
        if word in _PYTHON_LITERALS:
            self._repair(Repair.PYTHON_WORD)
            return _PYTHON_LITERALS[word]
        if word not in _LITERALS:
            self._broken("a value")
        return _LITERALS[word]

    def _string(self, opener: str, *, is_key: bool) -> str:
        if opener != '"':
            self._repair(Repair.QUOTES)
        quote = _CLOSING_QUOTE[opener]
        parts: list[str] = []
        self.pos += 1
        while self.pos < self.end:
            char = self.text[self.pos]
            if char == "\\":
                parts.append(self._escape())
            elif char != quote:
                parts.append(self._run(quote, is_key=is_key))
            elif is_key or self._closes():
                self.pos += 1
                return "".join(parts)
            else:
                self._repair(Repair.INNER_QUOTE)
                parts.append(char)
                self.pos += 1
        self._keep_cut_string("".join(parts), is_key=is_key)

    def _run(self, quote: str, *, is_key: bool) -> str:
        found = _PLAIN_RUN[quote].match(self.text, self.pos, self.end)
        assert found is not None  # the caller has seen at least one such character
        run = found.group()
        if "\n" in run:
            if is_key:
                self.pos += run.index("\n")
                self._broken("the end of the key")
            self._repair(Repair.RAW_LINE)
        self.pos = found.end()
        return run

    def _keep_cut_string(self, value: str, *, is_key: bool) -> NoReturn:
        frame = self.frames[-1]
        if not is_key:
            self._attach(frame, value)
            is_list = isinstance(frame.container, list)
            frame.child = len(frame.container) - 1 if is_list else frame.key
        raise _CutError

    def _closes(self) -> bool:
        """Return whether this quotation mark ends the string; in valid JSON every one does."""
        after = _space_end(self.text, self.pos + 1, self.end)
        if after == self.end or self.text[after] in ",:}]":
            return True
        if self.text.startswith(("//", "/*", "#", "```"), after):
            return True
        if self.text.find("\n", self.pos, after) >= 0 and self.text[after] in "\"'{[“":
            return True
        return _KEY_AHEAD.match(self.text, after, self.end) is not None

    def _escape(self) -> str:
        letter = self.text[self.pos + 1 : min(self.pos + 2, self.end)]
        if not letter:
            self.pos = self.end
            return ""
        if letter in _ESCAPES:
            self.pos += 2
            return _ESCAPES[letter]
        if letter == "u":
            return self._code_point()
        if letter == "'":
            self._repair(Repair.ESCAPE)
            self.pos += 2
            return "'"
        return self._unknown_escape()

    def _unknown_escape(self) -> str:
        self._repair(Repair.ESCAPE)
        self.pos += 1
        return "\\"

    def _is_cut_escape(self, start: int) -> bool:
        """Return whether the text ends inside a `\\uXXXX` that begins at `start`."""
        rest = self.text[start : self.end] if self.end - start < _ESCAPE_LENGTH else "no"
        return re.fullmatch(r"(\\(u[0-9a-fA-F]*)?)?", rest) is not None

    def _code_point(self) -> str:
        digits = _FOUR_DIGITS.match(self.text, self.pos + 2, self.end)
        if digits is None:
            if self._is_cut_escape(self.pos):
                self.pos = self.end
                return ""
            return self._unknown_escape()
        code = int(digits.group(), 16)
        low = _LOW_HALF.match(self.text, digits.end(), self.end)
        if 0xD800 <= code <= 0xDBFF and low:
            self.pos = low.end()
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low.group(1), 16) - 0xDC00)
        if 0xD800 <= code <= 0xDFFF:
            if self._is_cut_escape(digits.end()):
                self.pos = self.end
                return ""
            self._repair(Repair.HALF_CHARACTER)
            code = 0xFFFD
        self.pos = digits.end()
        return chr(code)

    def _repair(self, repair: Repair) -> None:
        count, first = self.repairs.get(repair, (0, self.pos))
        self.repairs[repair] = (count + 1, first)

    def _broken(self, expected: str) -> NoReturn:
        raise _BrokenError(expected)


def _space_end(text: str, start: int, end: int) -> int:
    found = _SPACE.match(text, start, end)
    return found.end() if found else start
