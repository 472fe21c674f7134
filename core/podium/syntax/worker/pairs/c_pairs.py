"""Finds brackets in C and C++ with its own scanner, without their grammars.

Macros make the grammars reject half of all valid files, so their errors are not evidence, unlike
unbalanced brackets outside comments, literals and preprocessor directives. Only the first branch
of a conditional counts (the second after `#if 0`), because several branches may open the same
block. The other branches must then open and close the same brackets as the first, or none, and the
body of a macro must be balanced, unless the rest is in another branch or macro.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
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
_PARTNER = {b"(": b")", b"[": b"]", b"{": b"}", b")": b"(", b"]": b"[", b"}": b"{"}
_BRACKET = re.compile(rb"[()\[\]{}]")
_MACRO_TOKEN = re.compile(
    rb"""/\*.*?(?:\*/|\Z)|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?P<bracket>[()\[\]{}])""",
    re.DOTALL,
)
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
        comments: the spans of the comments, in order.
        strings: the spans of the literals, in order.
        choices: the conditionals with several branches.
        macros: the spans of the definitions of macros.
    """

    text: bytes
    code: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    conditionals: list[Token] = field(default_factory=list[Token])
    open_texts: list[OpenText] = field(default_factory=list[OpenText])
    comments: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    strings: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    choices: list["Choice"] = field(default_factory=list["Choice"])
    macros: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    @property
    def brackets(self) -> list[Token]:
        """Openers and closers in file order."""
        return self._tokens_of(self.code)

    def is_comment(self, offset: int) -> bool:
        """Return whether an offset is inside a comment."""
        return _is_inside(self.comments, offset)

    def is_string(self, offset: int) -> bool:
        """Return whether an offset is inside a literal."""
        return _is_inside(self.strings, offset)

    @property
    def branch_brackets(self) -> list[list[Token]]:
        """The brackets of each branch that lacks a partner for one of them."""
        branches = list(self._different_branches())
        return [found for found, residue in branches if not _is_completed(residue, branches)]

    @property
    def macro_brackets(self) -> list[list[Token]]:
        """The brackets of each macro that lacks a partner for one of them."""
        macros = [
            _macro_brackets(self.text, *span)
            for span in self.macros
            if not _may_pair_up(self.text[slice(*span)])
        ]
        return list(_lonely(macros))

    def _different_branches(self) -> Iterator[tuple[list[Token], bytes]]:
        """Yield the branches that neither pair up nor do the same as the first branch."""
        for choice in self.choices:
            texts = [self._code_of(branch) for branch in choice.branches]
            if all(map(_may_pair_up, texts)):
                continue
            tokens = [self._tokens_of(branch) for branch in choice.branches]
            residues = [_residue(each) for each in tokens]
            for at, residue in enumerate(residues):
                if at != choice.active and residue not in (b"", residues[choice.active]):
                    yield tokens[at], residue

    def _code_of(self, spans: Sequence[tuple[int, int]]) -> bytes:
        return b"".join([self.text[start:end] for start, end in spans])

    def _tokens_of(self, spans: Sequence[tuple[int, int]]) -> list[Token]:
        found = (each for piece in spans for each in _BRACKET.finditer(self.text, *piece))
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
        branches.add(behind, offset)
        behind = match.end()
        if lexeme.startswith(b"#"):
            name = branches.enter(lexeme)
            if name == "define":
                reading.macros.append((offset, behind))
            if name in _CONDITIONALS:
                opens = name != "endif"
                reading.conditionals.append(Token("#endif", f"#{name}", offset, opens=opens))
            continue
        (reading.comments if lexeme.startswith(b"/") else reading.strings).append((offset, behind))
        if _is_open(match) and (branches.count or lexeme.startswith(b"/*")):
            opener = "/*" if lexeme.startswith(b"/*") else lexeme[:1].decode()
            reading.open_texts.append(OpenText(opener, offset))
    if branches.count:
        reading.code.append((behind, len(text)))
    reading.choices = branches.choices
    return reading


def _is_inside(spans: Sequence[tuple[int, int]], offset: int) -> bool:
    at = bisect_right(spans, (offset, offset)) - 1
    # The span that begins at the offset itself sorts after the pair.
    at = at + 1 if at + 1 < len(spans) and spans[at + 1][0] == offset else at
    return at >= 0 and spans[at][0] <= offset < spans[at][1]


def _may_pair_up(text: bytes) -> bool:
    return all(text.count(opener) == text.count(_PARTNER[opener]) for opener in _CLOSERS)


def _macro_brackets(text: bytes, start: int, end: int) -> list[Token]:
    found = (each for each in _MACRO_TOKEN.finditer(text, start, end) if each["bracket"])
    return [_bracket(each.group(), each.start()) for each in found]


def _residue(tokens: Sequence[Token]) -> bytes:
    """Return the brackets without a partner, after repeated removal of the innermost pairs."""
    left, before = "".join(each.text for each in tokens), ""
    while len(left) != len(before):
        before = left
        left = left.replace("()", "").replace("[]", "").replace("{}", "")
    return left.encode()


def _inverse(residue: bytes) -> bytes:
    return b"".join(_PARTNER[bytes((each,))] for each in reversed(residue))


def _is_completed(residue: bytes, branches: Sequence[tuple[list[Token], bytes]]) -> bool:
    """Return whether another branch closes what a branch opens, or the reverse."""
    return any(other == _inverse(residue) for _, other in branches)


def _lonely(macros: Sequence[list[Token]]) -> Iterator[list[Token]]:
    """Yield the macros with a bracket whose partner no other macro has."""
    surpluses = [_surplus(tokens) for tokens in macros]
    for tokens, surplus in zip(macros, surpluses, strict=True):
        if any(
            count and not any(other[kind] * count < 0 for other in surpluses)
            for kind, count in surplus.items()
        ):
            yield tokens


def _surplus(tokens: Sequence[Token]) -> Counter[str]:
    """Return the number of openers minus the number of closers, by closer."""
    surplus = Counter[str]()
    for each in tokens:
        surplus[each.closer] += 1 if each.opens else -1
    return surplus


def _bracket(text: bytes, offset: int) -> Token:
    closer = _CLOSERS.get(text)
    return Token(closer or text.decode(), text.decode(), offset, opens=closer is not None)


@dataclass(frozen=True, slots=True)
class Choice:
    """A conditional with several branches.

    Args:
        branches: the spans of the code of each branch that is not dead.
        active: the index of the branch that counts.
    """

    branches: Sequence[Sequence[tuple[int, int]]]
    active: int


@dataclass(slots=True)
class _Conditional:
    outside_counts: bool
    may_count_later: bool
    first_is_dead: bool
    branches: list[list[tuple[int, int]]]


class _Branches:
    """Tracks conditionals, and whether the current branch is active."""

    def __init__(self) -> None:
        self.count = True
        self.choices: list[Choice] = []
        self._open: list[_Conditional] = []

    def add(self, start: int, end: int) -> None:
        """Add a span of code to the current branch."""
        if self._open and start < end:
            self._open[-1].branches[-1].append((start, end))

    def enter(self, directive: bytes) -> str:
        """Process a directive and return its name."""
        found = _DIRECTIVE.match(directive)
        if found is None:
            return ""
        name = found["name"].decode(errors="replace")
        if name in ("if", "ifdef", "ifndef"):
            dead = name == "if" and found["zero"] is not None
            self._open.append(_Conditional(self.count, dead, dead, [[]]))
            self.count = self.count and not dead
        elif name in ("elif", "elifdef", "elifndef", "else") and self._open:
            conditional = self._open[-1]
            self.count = conditional.outside_counts and conditional.may_count_later
            conditional.may_count_later = False
            conditional.branches.append([])
        elif name == "endif" and self._open:
            self._leave()
        return name

    def _leave(self) -> None:
        conditional = self._open.pop()
        self.count = conditional.outside_counts
        branches = conditional.branches[1:] if conditional.first_is_dead else conditional.branches
        if len(branches) > 1:
            self.choices.append(Choice(branches, 0))
        if self._open and branches:
            self._open[-1].branches[-1].extend(branches[0])


def _is_open(match: re.Match[bytes]) -> bool:
    lexeme = match.group()
    if lexeme.startswith(b"/"):
        return lexeme.startswith(b"/*") and (len(lexeme) < len("/**/") or lexeme[-2:] != b"*/")
    return b"" in (match["string_end"], match["character_end"], match["raw_end"])
