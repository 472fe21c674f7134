"""Finds Markdown's fenced blocks; must not know what they hold."""

import re
from dataclasses import dataclass

_FENCE_LINE = re.compile(r"^([ \t]*)(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_NESTING_LANGUAGES = ("md", "markdown", "mdx")


@dataclass(frozen=True)
class Fence:
    """A fenced block.

    Args:
        info: what stands behind the opening fence, stripped.
        opening: the offset of the opening line.
        start: the offset of the body.
        end: the offset after the body; its last line break belongs to it.
        indent: the blanks before the opening fence.
        closed: whether there is a closing fence.
    """

    info: str
    opening: int
    start: int
    end: int
    indent: str
    closed: bool


def fenced_blocks(text: str) -> tuple[Fence, ...]:
    """Return the outer fenced blocks in their order; the last one may be unclosed.

    Inside a block of Markdown, fences that name a language open inner blocks, so that the first
    bare fence does not end the outer block.
    """
    blocks: list[Fence] = []
    opening: re.Match[str] | None = None
    inner = 0
    for line in _FENCE_LINE.finditer(text):
        if opening is None:
            if _opens(line):
                opening, inner = line, 0
        elif _nests(opening) and line.group(3).strip() and _opens(line):
            inner += 1
        elif _closes(opening, line):
            if inner:
                inner -= 1
            else:
                blocks.append(_block(text, opening, line))
                opening = None
    if opening is not None:
        blocks.append(_block(text, opening, None))
    return tuple(blocks)


def _opens(line: re.Match[str]) -> bool:
    return not (line.group(2).startswith("`") and "`" in line.group(3))


def _closes(opening: re.Match[str], line: re.Match[str]) -> bool:
    return line.group(2).startswith(opening.group(2)) and not line.group(3).strip()


def _nests(opening: re.Match[str]) -> bool:
    words = re.split(r"[\s:]", opening.group(3).strip().lower(), maxsplit=1)
    return words[0] in _NESTING_LANGUAGES or words[0].endswith(".md")


def _block(text: str, opening: re.Match[str], closing: re.Match[str] | None) -> Fence:
    start = min(opening.end() + 1, len(text))
    return Fence(
        info=opening.group(3).strip(),
        opening=opening.start(),
        start=start,
        end=closing.start() if closing else len(text),
        indent=opening.group(1),
        closed=closing is not None,
    )
