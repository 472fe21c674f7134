"""Sanitizes and truncates untrusted text from models, files and findings.

Such text is data, never instructions: it is embedded in JSON without control, invisible and
direction-changing characters, and kept too short to fill a model's context.
"""

import re
import unicodedata

from pydantic import JsonValue

from podium.model.events import Actor
from podium.words import shorten, truncated

_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # strings for the terminal
    r"|\x1b[ -/]*[0-~]"
)
_KEPT_CONTROLS = frozenset("\n\t")
_HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u115f\u1160\u3164\uffa0]")
"""Variation selectors and fillers: they are not rendered, so they can hide a message."""

_CODE = re.compile(r"(?=[A-Za-z]*[0-9])[0-9A-Za-z+=]{24,}")


def plain(text: str) -> str:
    """Remove escape sequences and invisible characters."""
    if text.isascii() and text.isprintable():
        return text
    text = _VARIATION.sub("", _ANSI.sub("", text.replace("\r\n", "\n")))
    return "".join(letter for letter in text if _is_seen(letter))


def one_line(text: str, limit: int) -> str:
    """Collapse `text` into one line of at most `limit` characters."""
    return shorten(plain(text), limit)


def attributed(by: Actor | None, text: str, limit: int) -> str:
    """Return `text` as one line, prefixed with its author."""
    return f"{one_line(by.origin, 60) if by else 'author unknown'}: {one_line(text, limit)}"


def shortened(text: str, limit: int) -> str:
    """Truncate to one line of at most `limit` characters, at a word boundary if possible."""
    line = one_line(text, 1_000)
    if len(line) <= limit:
        return line
    kept, space, _ = line[:limit].rpartition(" ")
    return f"{kept}…" if space and len(kept) < limit else truncated(line, limit)


def weight(text: str) -> int:
    """Estimate the cost of `text` in tokens, in units of one ASCII letter.

    Other scripts cost more than their length, as do digests, keys and encoded bytes.
    """
    letters = 2 * len(text.encode(errors="surrogatepass")) - len(text)
    return letters + 3 * sum(len(code) for code in _CODE.findall(text))


def clipped(value: JsonValue, most: int) -> JsonValue:
    """Limit the number of members of every list and object."""
    match value:
        case dict():
            return {key: clipped(value[key], most) for key in [*value][:most]}
        case list():
            return [clipped(each, most) for each in value[:most]]
        case _:
            return value


def clean(value: JsonValue, limit: int) -> JsonValue:
    """Sanitize and truncate every string in a JSON value, including keys."""
    match value:
        case str():
            return truncated(plain(value), limit)
        case dict():
            return {one_line(key, 200): clean(each, limit) for key, each in value.items()}
        case list():
            return [clean(each, limit) for each in value]
        case _:
            return value


def _is_seen(letter: str) -> bool:
    if letter in _KEPT_CONTROLS:
        return True
    return unicodedata.category(letter) not in _HIDDEN_CATEGORIES
