"""Checks Markdown: every file is valid, so only unclosed blocks count."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.definitions import Definitions
from podium.syntax.worker.grammars import (
    FindParsed,
    Parsed,
    Span,
    captured,
    not_parsed,
    parse_after,
    query_of,
)
from podium.syntax.worker.reading import Reading, error_at

_FENCES = "(fenced_code_block . (fenced_code_block_delimiter) @open) @block"
_MARK = re.compile(rb"^[ \t>*+\-]*?(?P<mark>`{3,}|~{3,})(?P<rest>[^\n]*)", re.MULTILINE)
_CLOSING = re.compile(rb"\n[ \t>]*(`{3,}|~{3,})[ \t]*\r?\n?$")


def read_markdown(
    language: Language, source: Source, find_base: FindParsed = not_parsed
) -> Reading:
    """Return the code fences and comments that are never closed.

    The grammar is slow, so it is used only if simple matching of the fence markers fails.
    """

    @cache
    def parsed() -> Parsed:
        return Parsed(source, parse_after(language, source, find_base()))

    @cache
    def spans() -> tuple[Span, ...]:
        tree = parsed().tree
        blocks = captured(tree, query_of(tree.language, _FENCES), "block")
        return tuple((block.start_byte, block.end_byte) for block in blocks)

    def is_quoted(offset: int) -> bool:
        return any(start <= offset < end for start, end in spans())

    problems = () if _pair_up(source.text) else tuple(_open_fences(source, spans()))
    definitions = Definitions(language.name, lambda: parsed().tree)
    return Reading(problems, is_quoted, definitions, parsed=parsed)


def _open_fences(source: Source, spans: Sequence[Span]) -> Iterator[SyntaxProblem]:
    for start, end in spans:
        if _CLOSING.search(source.text[start:end]) is None:
            yield error_at(
                source,
                ProblemCode.UNCLOSED,
                f"the code fence opened at line {source.line(start)} is never closed",
                (start, start + len("```")),
                opened_at=source.position(start),
                expected="```",
            )


def _pair_up(text: bytes) -> bool:
    """Return whether every opening fence marker is followed by a closing one."""
    opener = b""
    for line in _MARK.finditer(text):
        mark, rest = line["mark"], line["rest"].strip()
        if not opener:
            # A line of code may begin with fence characters and contain more of them.
            opener = b"" if mark[:1] in rest else mark
        elif mark.startswith(opener) and not rest:
            opener = b""
    return not opener
