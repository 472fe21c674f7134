"""Finds brackets in C and C++ with its own scanner, without their grammars.

Macros make the grammars reject half of all valid files, so their errors are not evidence, unlike
unbalanced brackets outside comments, literals and preprocessor directives. Only the first branch
of a conditional counts (the second after `#if 0`), because several branches may open the same
block.
"""

import re
from dataclasses import dataclass, field

from podium.syntax.worker.pairs.pairing import Token

# Every alternative begins with a literal character, so that the engine can skip ahead quickly.
_LEXEME = re.compile(
    rb"""
      //[^\n]*(?:(?:(?<=\\)|(?<=\\\r))\n[^\n]*)*                 # comment, also continued
    | /\*.*?(?:\*/|\Z)
    | \#(?:[^\n/"'\\]+                                           # directive to its logical end
         |/\*.*?(?:\*/|\Z)|//[^\n]*
         |"[^"\\\n]*(?:\\(?:\r\n|.)[^"\\\n]*)*"?
         |'(?:\\.|[^'\\\n])'
         |\\(?:\r\n|.|\Z)
         |[/'])*
    | "(?<=R")(?:(?<!\wR")|(?<=[uUL8]R"))                        # raw string
      (?P<delimiter>[^()\\\s"]{0,16})\(.*?(?P<raw_end>\)(?P=delimiter)"|\Z)
    | "[^"\\\n]*(?:\\(?:\r\n|.)[^"\\\n]*)*(?P<string_end>"|(?=\n)|\Z)
    | '(?<=[0-9A-Fa-f]')(?<!u8')(?<!case')[0-9A-Fa-f]            # digit separator
    | '[^'\\\n]*(?:\\(?:\r\n|.)[^'\\\n]*)*(?P<character_end>'|(?=\n)|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(rb"#\s*(?P<name>\w+)(?P<zero>[ \t]+0\b)?")
_CONDITIONALS = frozenset(("if", "ifdef", "ifndef", "endif"))
_CLOSERS = {b"(": ")", b"[": "]", b"{": "}"}
_BRACKET = re.compile(rb"[()\[\]{}]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}")


@dataclass(frozen=True, slots=True)
class OpenText:
    """A comment or literal that is not closed.

    Args:
        opener: its opening text, for instance `/*`.
        offset: its start.
    """

    opener: str
    offset: int


@dataclass(slots=True)
class CReading:
    """The result of a scan.

    Args:
        text: the scanned source.
        code: the active spans of the source, in order.
        conditionals: `#if`, similar directives and `#endif`, in file order.
        open_texts: comments and literals that are not closed.
    """

    text: bytes
    code: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    conditionals: list[Token] = field(default_factory=list[Token])
    open_texts: list[OpenText] = field(default_factory=list[OpenText])

    @property
    def brackets(self) -> list[Token]:
        """Openers and closers in file order."""
        found = (each for piece in self.code for each in _BRACKET.finditer(self.text, *piece))
        return [_bracket(each.group(), each.start()) for each in found]

    @property
    def brackets_pair_up(self) -> bool:
        """Return whether every opener has a closer, without building tokens."""
        code = b"".join([self.text[start:end] for start, end in self.code])
        left, before = code.translate(None, _NO_BRACKETS), b""
        while len(left) != len(before):
            before = left
            left = left.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        return not left


def read_c(text: bytes) -> CReading:
    """Scan C or C++ source."""
    reading = CReading(text)
    branches = _Branches()
    behind = 0
    for match in _LEXEME.finditer(text):
        lexeme, offset = match.group(), match.start()
        if branches.count:
            reading.code.append((behind, offset))
        behind = match.end()
        if lexeme.startswith(b"#"):
            name = branches.enter(lexeme)
            if name in _CONDITIONALS:
                opens = name != "endif"
                reading.conditionals.append(Token("#endif", f"#{name}", offset, opens=opens))
        elif _is_open(match) and (branches.count or lexeme.startswith(b"/*")):
            opener = "/*" if lexeme.startswith(b"/*") else lexeme[:1].decode()
            reading.open_texts.append(OpenText(opener, offset))
    if branches.count:
        reading.code.append((behind, len(text)))
    return reading


def _bracket(text: bytes, offset: int) -> Token:
    closer = _CLOSERS.get(text)
    return Token(closer or text.decode(), text.decode(), offset, opens=closer is not None)


@dataclass(slots=True)
class _Conditional:
    outside_counts: bool
    may_count_later: bool


class _Branches:
    """Tracks conditionals, and whether the current branch is active."""

    def __init__(self) -> None:
        self.count = True
        self._open: list[_Conditional] = []

    def enter(self, directive: bytes) -> str:
        """Process a directive and return its name."""
        found = _DIRECTIVE.match(directive)
        if found is None:
            return ""
        name = found["name"].decode(errors="replace")
        if name in ("if", "ifdef", "ifndef"):
            dead = name == "if" and found["zero"] is not None
            self._open.append(_Conditional(self.count, may_count_later=dead))
            self.count = self.count and not dead
        elif name in ("elif", "elifdef", "elifndef", "else") and self._open:
            conditional = self._open[-1]
            self.count = conditional.outside_counts and conditional.may_count_later
            conditional.may_count_later = False
        elif name == "endif" and self._open:
            self.count = self._open.pop().outside_counts
        return name


def _is_open(match: re.Match[bytes]) -> bool:
    lexeme = match.group()
    if lexeme.startswith(b"/"):
        return lexeme.startswith(b"/*") and (len(lexeme) < len("/**/") or lexeme[-2:] != b"*/")
    return b"" in (match["string_end"], match["character_end"], match["raw_end"])
