"""Blanks out the code that a preprocessor would remove, so that a grammar can parse the rest.

Directives and all branches of a conditional except the first (the second after `#if 0` and
`#if false`) become spaces, as do the `#:` lines of file-based C#. Offsets and lines do not change.
"""

import re

_DIRECTIVE = re.compile(rb"[ \t]*#[ \t]*(?:(?P<name>[a-z]+)(?P<dead>[ \t]+(?:0|false)\b)?|[:!])")
_BEGINNINGS = (b"if", b"ifdef", b"ifndef")
_ALTERNATIVES = (b"elif", b"elifdef", b"elifndef", b"else")


def masked(text: bytes) -> bytes:
    """Return C, C++ or C# source with directives and dead branches blanked out."""
    if b"#" not in text:
        return text
    lines = text.split(b"\n")
    branches = _Branches()
    goes_on = False
    for number, line in enumerate(lines):
        directive = None if goes_on else _DIRECTIVE.match(line)
        if directive is not None:
            branches.enter(directive["name"] or b"", is_dead=directive["dead"] is not None)
        is_directive = goes_on or directive is not None
        goes_on = is_directive and line.rstrip(b"\r").endswith(b"\\")
        if is_directive or not branches.count:
            lines[number] = _blank(line)
    return b"\n".join(lines)


class _Branches:
    """Tracks whether the current branch is active."""

    def __init__(self) -> None:
        self.count = True
        self._open: list[tuple[bool, bool]] = []

    def enter(self, name: bytes, *, is_dead: bool) -> None:
        if name in _BEGINNINGS:
            self._open.append((self.count, is_dead))
            self.count = self.count and not is_dead
        elif name in _ALTERNATIVES and self._open:
            outside, may_count = self._open[-1]
            self.count = outside and may_count
            self._open[-1] = (outside, False)
        elif name == b"endif" and self._open:
            self.count = self._open.pop()[0]


def _blank(line: bytes) -> bytes:
    # A comment that begins after a directive may continue on the next lines.
    comment = line.rfind(b"/*")
    if comment >= 0 and b"*/" not in line[comment:]:
        return b" " * comment + line[comment:]
    return b" " * len(line.rstrip(b"\r")) + (b"\r" if line.endswith(b"\r") else b"")
