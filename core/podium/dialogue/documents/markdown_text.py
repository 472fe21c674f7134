"""Encodes individual strings in Podium's Markdown so that they can be read back exactly.

Every pair is lossless: `inline` and `read_inline` for one line, `quoted` and `read_quoted` for
several, `code_span` and `code_spans` for names, `command_span` and `read_command` for commands.
Untrusted text cannot break out: the output has no raw line breaks and no active markup.
"""

import json
import re
import shlex
import unicodedata
from collections.abc import Sequence
from typing import cast

_LINE_ENDING_CATEGORIES = ("Cc", "Zl", "Zp")
_SPECIAL = re.compile(r"[\\`*\[\]<>|~$]|(?<!\w)_|_(?!\w)|#(?=#*$)")
_ENTITY_LIKE = re.compile(r"&(?=#?\w{1,31};)")
_CODED = re.compile(r"\\([!-/:-@\[-`{-~])|&#([0-9]{1,7});|&(amp|lt|gt|quot);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}
_QUOTE_AMPERSAND = re.compile(r"&(?=#|amp;)")
_QUOTE_CODED = re.compile(r"&#([0-9]{1,7});|&amp;(?=#|amp;)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LARGEST_CODE_POINT = 0x10FFFF


def inline(text: str) -> str:
    """Return a line of Markdown that renders as the given text."""
    escaped = _SPECIAL.sub(r"\\\g<0>", _ENTITY_LIKE.sub("&amp;", text))
    inner = escaped.strip()
    start = len(escaped) - len(escaped.lstrip())
    before, after = escaped[:start], escaped[start + len(inner) :]
    return "".join(
        [
            *(_entity(letter) for letter in before),
            *(_entity(letter) if is_control(letter) else letter for letter in inner),
            *(_entity(letter) for letter in after),
        ]
    )


def read_inline(markdown: str) -> str:
    """Return the text that a line of Markdown renders as."""
    return _CODED.sub(_decoded, markdown.strip())


def quoted(text: str) -> str:
    """Return text of any length as a block quote; Markdown in it stays active."""
    coded = "".join(
        _entity(letter) if letter not in "\n\t" and is_control(letter) else letter
        for letter in _QUOTE_AMPERSAND.sub("&amp;", text)
    )
    return "\n".join(f"> {line}" if line else ">" for line in coded.split("\n"))


def read_quoted(lines: Sequence[str]) -> str:
    """Return the text in the lines of a block quote, all of which begin with `>`."""
    bare = "\n".join(line[1:].removeprefix(" ") for line in lines)
    return _QUOTE_CODED.sub(lambda found: _character(found.group(1)) or "&", bare)


def code_span(text: str) -> str:
    """Return text without line breaks as a code span."""
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    is_wrapped = text.startswith(" ") and text.endswith(" ") and text.strip(" ")
    pad = " " if is_wrapped or text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_spans(markdown: str) -> list[str]:
    """Return the contents of all code spans on a line."""
    return [_unpadded(found.group(2)) for found in _SPAN.finditer(markdown)]


def command_span(words: Sequence[str]) -> str:
    """Return a command as a code span: in shell syntax, or as a JSON list if ambiguous."""
    typed = shlex.join(words)
    if any(is_control(letter) for letter in typed):
        return code_span(json.dumps(list(words)))
    return code_span(typed)


def read_command(span: str) -> tuple[str, ...]:
    """Return the arguments of a command in a code span.

    Raises:
        ValueError: it is neither a JSON list of strings nor valid shell syntax.
    """
    if not span.startswith("["):
        return tuple(shlex.split(span))
    words: object = json.loads(span)
    listed = cast("list[object]", words) if isinstance(words, list) else [None]
    texts = [each for each in listed if isinstance(each, str)]
    if len(texts) != len(listed):
        raise ValueError("a command must be a list of strings")
    return tuple(texts)


def is_control(letter: str) -> bool:
    """Return whether a letter ends a line or controls the display."""
    return unicodedata.category(letter) in _LINE_ENDING_CATEGORIES


def _entity(letter: str) -> str:
    return f"&#{ord(letter)};"


def _decoded(found: re.Match[str]) -> str:
    escaped, number, name = found.groups()
    return escaped or _character(number) or _NAMED.get(name, found.group())


def _character(number: str | None) -> str:
    if number is None:
        return ""
    code = int(number)
    is_half = 0xD800 <= code <= 0xDFFF
    return "\ufffd" if code > _LARGEST_CODE_POINT or is_half else chr(code)


def _unpadded(content: str) -> str:
    is_padded = content.startswith(" ") and content.endswith(" ") and content.strip(" ")
    return content[1:-1] if is_padded else content
