"""What happens to good texts in replies, done to real ones; every function draws by a seed."""

import random
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from podium.syntax.languages import LANGUAGES
from podium.syntax.source import Source
from podium.syntax.worker.definitions import Definitions
from podium.syntax.worker.grammars import parse
from podium.syntax.worker.masking import masked
from podium.syntax.worker.pairs.c_pairs import read_c
from podium.syntax.worker.pairs.pairing import Token
from podium.syntax.worker.pairs.tree_pairs import Pairs
from tests.corpus.edits import Edit


class Kind(StrEnum):
    """A kind of damage; the order is that of the report."""

    BYTE = "cut at a byte"
    LINE = "cut at a line"
    LATE_LINE = "cut near the end"
    BRACKET = "bracket dropped"
    BRACE = "brace dropped"
    QUOTE = "quote dropped"
    WORD = "end word dropped"
    FENCE = "fences"
    CONFLICT = "conflict markers"
    ELISION = "elision"


@dataclass(frozen=True)
class Damaged:
    """A damaged text.

    Args:
        text: what is left.
        opener_line: the line of the opener that lost its closer; 0 where there is none.
    """

    text: bytes
    opener_line: int = 0


_MASKED = ("c", "cpp", "csharp")
_ELISIONS = (
    "... existing code ...",
    "... rest of the code remains unchanged ...",
    "rest of the file stays the same",
    "... (other methods unchanged) ...",
    "[rest of the implementation]",
    "… existing code …",
    "Keep the existing code here",
    "... rest of the function ...",
)
_COMMENT: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("python", "ruby", "bash", "yaml", "toml"), ("# ", "")),
    **dict.fromkeys(("html", "markdown"), ("<!-- ", " -->")),
    "css": ("/* ", " */"),
    "lua": ("-- ", ""),
}
_STRING = re.compile(rb"(?<![\w\\\"'])(\"[^\"\\\n{}$#]{2,40}\"|'[^'\\\n{}$#]{2,40}')(?![\"'])")


def damages(edit: Edit, seed: int) -> Iterator[tuple[Kind, Damaged]]:
    """Yield each kind of damage that can be done to the new text of an edit."""
    # Offsets in a tree do not count a byte order mark.
    plain = replace(edit, new=edit.new.removeprefix(BOM_UTF8))
    mark = edit.new[: len(edit.new) - len(plain.new)]
    for kind, damage in _DAMAGES.items():
        rng = random.Random(f"{seed} {edit.project} {edit.path} {kind}")
        damaged = damage(plain, rng)
        if damaged is not None and damaged.text != plain.new:
            yield kind, replace(damaged, text=mark + damaged.text)


def _at_byte(edit: Edit, rng: random.Random) -> Damaged | None:
    text = edit.new.rstrip()
    at = rng.randrange(len(text) // 20, len(text) - 1)
    # A reply is cut between characters; a cut behind the last word of a line is one at a line.
    while at > 0 and (text[at] & 0xC0) == 0x80:
        at -= 1
    return Damaged(text[:at]) if text[:at].strip() else None


def _lines_cut(edit: Edit, rng: random.Random, earliest: float) -> Damaged | None:
    lines = edit.new.splitlines(keepends=True)
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if len(filled) < 6:
        return None
    choices = [at for at in filled[:-1] if at >= earliest * len(lines)]
    at = rng.choice(choices) if choices else None
    return Damaged(b"".join(lines[: at + 1])) if at is not None else None


def _at_line(edit: Edit, rng: random.Random) -> Damaged | None:
    return _lines_cut(edit, rng, 0.05)


def _at_late_line(edit: Edit, rng: random.Random) -> Damaged | None:
    return _lines_cut(edit, rng, 0.75)


def _without_closer(closers: str) -> Callable[[Edit, random.Random], Damaged | None]:
    def damage(edit: Edit, rng: random.Random) -> Damaged | None:
        pairs = [
            (opener, closer)
            for tokens in _tokens(edit)
            for opener, closer in _paired(tokens)
            if closer.text in closers.split()
        ]
        if not pairs:
            return None
        opener, closer = rng.choice(pairs)
        end = closer.offset + len(closer.text)
        line = edit.new.count(b"\n", 0, opener.offset) + 1
        return Damaged(edit.new[: closer.offset] + edit.new[end:], line)

    return damage


def _without_quote(edit: Edit, rng: random.Random) -> Damaged | None:
    reading_tree = parse(LANGUAGES[edit.language], Source(_masked(edit)))
    strings = [
        found
        for found in _STRING.finditer(edit.new)
        if _is_string(reading_tree.root_node.descendant_for_byte_range(*found.span()), found)
    ]
    if not strings:
        return None
    found = rng.choice(strings)
    line = edit.new.count(b"\n", 0, found.start()) + 1
    return Damaged(edit.new[: found.end() - 1] + edit.new[found.end() :], line)


def _is_string(node: object, found: re.Match[bytes]) -> bool:
    kind = str(getattr(node, "type", ""))
    return "string" in kind and getattr(node, "start_byte", -1) == found.start()


def _with_fences(edit: Edit, rng: random.Random) -> Damaged | None:
    head = rng.choice([b"```" + edit.language.encode() + b"\n", b"```\n"])
    return Damaged(head + edit.new.rstrip(b"\n") + b"\n```\n")


def _with_conflict(edit: Edit, rng: random.Random) -> Damaged | None:
    lines = edit.new.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    count = rng.randint(1, 4)
    part = b"".join(lines[at : at + count])
    part = part if part.endswith(b"\n") else part + b"\n"
    conflict = b"<<<<<<< HEAD\n" + part + b"=======\n" + b"".join(lines[at : at + 1]).rstrip()
    text = b"".join(lines[:at]) + conflict + b"\n>>>>>>> podium/task\n"
    return Damaged(text + b"".join(lines[at + count :]))


def _elided(edit: Edit, rng: random.Random) -> Damaged | None:
    language = LANGUAGES[edit.language]
    tree = parse(language, Source(_masked(edit)))
    found = Definitions(edit.language, lambda: tree).all
    bodies = [
        each
        for each in found
        if each.is_callable and edit.new.count(b"\n", each.body, each.end) > 3
    ]
    lead, tail = _COMMENT.get(edit.language, ("// ", ""))
    note = f"{lead}{rng.choice(_ELISIONS)}{tail}\n".encode()
    lines = edit.new.splitlines(keepends=True)
    if bodies:
        body = rng.choice(bodies)
        first = edit.new.count(b"\n", 0, body.body) + 1
        last = edit.new.count(b"\n", 0, body.end)
    else:
        first = rng.randrange(1, max(len(lines) - 3, 2))
        last = min(first + 3, len(lines) - 1)
    if first >= last:
        return None
    indentation = lines[first][: len(lines[first]) - len(lines[first].lstrip())].strip(b"\n")
    return Damaged(b"".join([*lines[:first], indentation + note, *lines[last:]]))


def _masked(edit: Edit) -> bytes:
    return masked(edit.new) if edit.language in _MASKED else edit.new


def _tokens(edit: Edit) -> list[list[Token]]:
    if edit.language in ("c", "cpp"):
        return [read_c(edit.new).brackets]
    source = Source(_masked(edit))
    tree = parse(LANGUAGES[edit.language], source)
    return [] if tree.root_node.has_error else list(Pairs(edit.language, tree).groups())


def _paired(tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    stack: list[Token] = []
    for token in tokens:
        if token.opens:
            stack.append(token)
        elif stack and stack[-1].closer == token.text:
            yield stack.pop(), token


_DAMAGES: Mapping[Kind, Callable[[Edit, random.Random], Damaged | None]] = {
    Kind.BYTE: _at_byte,
    Kind.LINE: _at_line,
    Kind.LATE_LINE: _at_late_line,
    Kind.BRACKET: _without_closer(") ]"),
    Kind.BRACE: _without_closer("}"),
    Kind.QUOTE: _without_quote,
    Kind.WORD: _without_closer("end fi done esac until"),
    Kind.FENCE: _with_fences,
    Kind.CONFLICT: _with_conflict,
    Kind.ELISION: _elided,
}
