"""Finds fenced blocks in Markdown, with the fence rule of markdown-it.

Only that rule is used: models indent fences as they like, so a fence counts at any depth, even
inside lists, quotes and indented code.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

_MARKS = ("```", "~~~")
_NESTING_LANGUAGES = ("md", "markdown", "mdx")
_TRAILING = re.compile(r"[^\S\n]+$", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A fenced block.

    Args:
        info: the info string after the opening fence, stripped.
        opening: the offset of the opening line.
        start: the offset of the body.
        end: the offset after the body, including its last line break.
        indent: the whitespace before the opening fence.
        closed: whether there is a closing fence.
        lines: the 0-based numbers of the opening line and of the line after the block.
    """

    info: str
    opening: int
    start: int
    end: int
    indent: str
    closed: bool
    lines: tuple[int, int]


def fenced_blocks(text: str, *, nested: bool = True) -> tuple[Fence, ...]:
    """Return the outer fenced blocks in order; the last one may be unclosed.

    Args:
        text: the Markdown.
        nested: inside a Markdown block, fences with a language open inner blocks, so the first bare
            fence does not end the outer block. Models often write this; CommonMark differs.
    """
    if not any(mark in text for mark in _MARKS):
        return ()
    parser = _parser()
    # The rule allows only spaces and tabs after a fence, and carriage returns are common there.
    even = _TRAILING.sub(lambda found: " " * len(found.group()), text)
    tokens = parser.block.parse(even, parser, {"nested": nested}, []) or []
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    return tuple(_fence(text, starts, token) for token in tokens)


def _fence(text: str, starts: list[int], token: "Token") -> Fence:
    assert token.map is not None, "the rule sets its token's lines"
    first, after = token.map
    closed = bool(token.meta.get("closed"))
    opening = text[starts[first] : starts[first + 1]]
    return Fence(
        info=token.info.strip(),
        opening=starts[first],
        start=min(starts[first + 1], len(text)),
        end=min(starts[after - closed], len(text)),
        indent=opening[: len(opening) - len(opening.lstrip(" \t"))],
        closed=closed,
        lines=(first, after),
    )


@cache
def _parser() -> "MarkdownIt":
    # Imported here because most commands do not read Markdown.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero")
    parser.block.ruler.at("paragraph", _skip_line)
    parser.block.ruler.at("fence", _read_fence)
    parser.block.ruler.enableOnly(["fence", "paragraph"])
    return parser


def _skip_line(state: "StateBlock", line: int, end: int, silent: bool) -> bool:
    del end, silent
    state.line = line + 1
    return True


def _read_fence(state: "StateBlock", line: int, end: int, silent: bool) -> bool:
    from markdown_it.rules_block import fence

    if not fence(state, line, end, silent):
        return False
    if not silent:
        token = state.tokens[-1]
        last: int | None = state.line - 1
        if state.env["nested"] and _may_nest(token.info):
            last = _closing_line(state, token.markup, line + 1, end)
        elif last == line or not _closes(_line(state, state.line - 1), token.markup):
            last = None
        state.line = end if last is None else last + 1
        token.map, token.meta["closed"] = [line, state.line], last is not None
    return True


def _may_nest(info: str) -> bool:
    language = re.split(r"[\s:]", info.strip().lower(), maxsplit=1)[0]
    return language in _NESTING_LANGUAGES or language.endswith(".md")


def _closing_line(state: "StateBlock", markup: str, start: int, end: int) -> int | None:
    """Return the line of the fence that closes a Markdown block with blocks inside."""
    depth = 0
    for number in range(start, end):
        line = _line(state, number)
        if _closes(line, markup):
            if not depth:
                return number
            depth -= 1
        elif line.startswith(markup) and "`" not in line.lstrip(markup[0]):
            depth += 1
    return None


def _closes(line: str, markup: str) -> bool:
    return line.startswith(markup) and not line.strip(markup[0])


def _line(state: "StateBlock", number: int) -> str:
    start = state.bMarks[number] + state.tShift[number]
    return state.src[start : state.eMarks[number]].rstrip()
