"""Reads the pages: blocks of code with their titles, tables, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.goldens import ROOT

_BLOCK = re.compile(
    r'^(?P<fence>`{3,})(?P<kind>\w*)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^(?P=fence)$',
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<words>.+)$", re.MULTILINE)

PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md"))
    if "node_modules" not in path.parts
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        kind: the word behind the fence.
        title: the file that it is shown as, if any.
        text: its content.
    """

    kind: str
    title: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = (ROOT / page).read_text()
    return [Block(m["kind"], m["title"] or "", m["text"]) for m in _BLOCK.finditer(text)]


def block(page: str, title: str) -> str:
    """Return the content of the block with a title."""
    return next(each.text for each in blocks(page) if each.title == title)


def links(path: Path) -> Iterator[str]:
    """Yield the targets of a page's links, without those to other hosts."""
    prose = _BLOCK.sub("", path.read_text())
    for match in _LINK.finditer(prose):
        if "://" not in match["target"]:
            yield match["target"]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts and the site make them."""
    prose = _BLOCK.sub("", path.read_text())
    return {_slug(match["words"]) for match in _HEADING.finditer(prose)}


def _slug(words: str) -> str:
    kept = re.sub(r"[^\w\s-]", "", words.lower())
    return re.sub(r"\s", "-", kept.strip())
