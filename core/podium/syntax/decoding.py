"""Decodes a file as the tools of its language do: by byte order mark, declaration, or as UTF-8."""

import codecs
import re
from dataclasses import dataclass

UTF8 = "utf-8"
UNKNOWN = ""
"""The encoding of bytes that are not UTF-8 and declare nothing else."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BARE_UTF16 = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))
"""An XML declaration identifies UTF-16 without a byte order mark."""
_HEAD_BYTES = 1024
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*(?P<name>[-\w.]+)")
_XML = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"'](?P<name>[-\w.]+)")
_HTML = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?(?P<name>[-\w.]+)", re.IGNORECASE)
_CSS = re.compile(rb"@charset \"(?P<name>[-\w.]+)\"")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The content of a file.

    Args:
        text: the content as UTF-8; the file's own bytes if its encoding is unknown.
        encoding: the normalized name of its encoding, or `UNKNOWN`.
    """

    text: bytes
    encoding: str


def decoded(raw: bytes) -> Decoded:
    """Decode a file's bytes; valid UTF-8 is always read as such."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decode(raw, encoding) or Decoded(raw, UNKNOWN)
    for beginning, encoding in _BARE_UTF16:
        if raw.startswith(beginning):
            return _decode(raw, encoding) or Decoded(raw, UNKNOWN)
    if _is_utf8(raw):
        return Decoded(raw, UTF8)
    declared = _declared(raw)
    return (_decode(raw, declared) if declared else None) or Decoded(raw, UNKNOWN)


def is_wide(raw: bytes) -> bool:
    """Return whether the beginning of a file shows that its characters are wider than a byte."""
    marks = (*(mark for mark, _ in _MARKS), *(beginning for beginning, _ in _BARE_UTF16))
    return raw.startswith(marks)


def as_latin1(raw: bytes) -> bytes:
    """Return bytes of an unknown encoding as UTF-8; every byte becomes one character."""
    return raw.decode("latin-1").encode()


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode(raw: bytes, encoding: str) -> Decoded | None:
    try:
        name = codecs.lookup(encoding).name
        return Decoded(raw.decode(name).encode(), name)
    except (LookupError, UnicodeError, ValueError):
        return None


def _declared(raw: bytes) -> str:
    """Return the encoding that the file declares for itself, or an empty string."""
    head = raw[:_HEAD_BYTES]
    first_lines = head.split(b"\n", 2)[:2]
    found = next(filter(None, map(_COOKIE.match, first_lines)), None)
    found = found or _XML.match(head) or _CSS.match(head) or _HTML.search(head)
    return found["name"].decode() if found is not None else ""
