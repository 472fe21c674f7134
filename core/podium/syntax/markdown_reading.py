"""Reads Markdown: any text is valid, so only what never ends counts."""

import re
from functools import cache

from podium.syntax.definitions import definitions_of
from podium.syntax.grammars import captured, parse, query_of
from podium.syntax.language import Language
from podium.syntax.reading import Reading, error_at
from podium.syntax.source import Source
from podium.syntax.values import ProblemCode

_FENCES = "(fenced_code_block . (fenced_code_block_delimiter) @open) @block"
_CLOSING = re.compile(rb"\n[ \t>]*(`{3,}|~{3,})[ \t]*\r?\n?$")


def read_markdown(language: Language, source: Source) -> Reading:
    """Return the code fences and comments that are never closed."""
    tree = parse(language, source)
    blocks = captured(tree, query_of(tree.language, _FENCES), "block")
    spans = [(block.start_byte, block.end_byte) for block in blocks]
    problems = tuple(
        error_at(
            source,
            ProblemCode.UNCLOSED,
            f"the code fence opened at line {source.line(start)} is never closed",
            (start, start + len("```")),
            opened_at=source.position(start),
            expected="```",
        )
        for start, end in spans
        if _CLOSING.search(source.text[start:end]) is None
    )

    def is_quoted(offset: int) -> bool:
        return any(start <= offset < end for start, end in spans)

    return Reading(problems, is_quoted, cache(lambda: definitions_of(language.name, tree)))
