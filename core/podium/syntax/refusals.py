"""Detects files that are unsafe to parse, because some grammars stall or crash on them.

Large files cost more than a check is worth; NUL and invalid UTF-8 cause minutes of error recovery
in several grammars; deep nesting overflows the stack of the YAML scanner and of all tree walks.
"""

from podium.syntax.decoding import is_wide
from podium.syntax.values import Status, SyntaxReport

MAX_BYTES = 2 * 1024 * 1024
MAX_BRACKET_DEPTH = 500
MAX_INDENTATION = 1000
_MAX_SEQUENCE_DEPTH = 200
_HEAD_BYTES = 8000

_BRACKETS = b"()[]{}"
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)
_DEEP_LINES = tuple(b"\n" + blank * (MAX_INDENTATION + 1) for blank in (b" ", b"\t"))
_DEEP_SEQUENCES = tuple(mark * _MAX_SEQUENCE_DEPTH for mark in (b"- ", b"? ", b": ", b"-\t"))


def too_large(text: bytes) -> str:
    """Return why a file is too large, as a sentence; empty if it is not."""
    if len(text) <= MAX_BYTES:
        return ""
    limit = MAX_BYTES // 1024 // 1024
    return f"it is {len(text) / 1024 / 1024:.1f} MB; files above {limit} MB are not parsed"


def is_binary(text: bytes) -> bool:
    """Return whether a file is not a text: it has a NUL at its beginning and is not UTF-16."""
    return b"\0" in text[:_HEAD_BYTES] and not is_wide(text)


def reason_to_refuse(text: bytes) -> str:
    """Return why a file is unsafe to parse, as a sentence; empty if it is safe."""
    if reason := too_large(text):
        return reason
    if (place := text.find(b"\0")) >= 0:
        return f"it is not a text file: byte {place + 1} is NUL"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"it is not UTF-8: byte {error.start + 1} (0x{text[error.start]:02x}) is invalid"
    return _too_deep(text)


def refused(path: str, language: str, reason: str, base_reason: str) -> SyntaxReport:
    """Return the report for a file that is unsafe to parse.

    Args:
        path: the path, for the report.
        language: the language's name.
        reason: why it is unsafe to parse.
        base_reason: why the base is also unsafe to parse, or empty. If it is set, the change is not
            to blame, and the file is skipped.
    """
    status = Status.SKIPPED if base_reason else Status.REFUSED
    return SyntaxReport(path, language, status, reason)


def _too_deep(text: bytes) -> str:
    from_line_end = b"\n" + text
    if any(run in from_line_end for run in _DEEP_LINES):
        return f"a line is indented by more than {MAX_INDENTATION} characters"
    if any(run in text for run in _DEEP_SEQUENCES):
        return f"more than {_MAX_SEQUENCE_DEPTH} list or mapping markers are consecutive"
    if _bracket_depth_exceeds(text, MAX_BRACKET_DEPTH):
        return f"brackets are nested more than {MAX_BRACKET_DEPTH} levels deep"
    return ""


def _bracket_depth_exceeds(text: bytes, limit: int) -> bool:
    # Removing innermost pairs repeatedly takes one round per level of nesting, and every round runs
    # at the speed of `bytes.replace`. Brackets in strings hardly matter: unpaired ones do not count
    # as depth, except for a run of openers, which does.
    brackets = text.translate(None, _NOT_BRACKETS)
    if any(opener * limit in brackets for opener in (b"(", b"[", b"{")):
        return True
    for _ in range(limit + 1):
        rest = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if len(rest) == len(brackets):
            return False
        brackets = rest
    return True
