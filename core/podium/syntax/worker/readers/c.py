"""Checks C and C++: brackets, conditionals, comments and literals."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from tree_sitter import Tree

from podium.syntax.language import Language
from podium.syntax.languages import LANGUAGES
from podium.syntax.source import Source
from podium.syntax.values import SyntaxProblem
from podium.syntax.worker.definitions import Definitions
from podium.syntax.worker.grammars import FindParsed, Parsed, not_parsed, parse_after
from podium.syntax.worker.masking import masked
from podium.syntax.worker.pairs.c_pairs import read_c
from podium.syntax.worker.pairs.pairing import Token
from podium.syntax.worker.reading import Reading, pairing_problems, unterminated

_OBJECTIVE_C = re.compile(rb"^@(?:interface|protocol|implementation|end|class)\b", re.MULTILINE)
_CPP = re.compile(
    rb"^[ \t]*(?:namespace\b|class\s+\w|template\s*<|using\s|(?:public|private|protected)\s*:)",
    re.MULTILINE,
)
"""Matches C++ in a header, whose extension C and C++ share."""


def read_c_source(
    language: Language, source: Source, find_base: FindParsed = not_parsed
) -> Reading:
    """Return only the certain problems in a C or C++ file.

    Args:
        language: C or C++.
        source: the content of the file.
        find_base: returns the previous version.
    """
    found = read_c(source.text)
    problems = (
        *(unterminated(source, each.opener, each.offset) for each in found.open_texts),
        *(() if found.brackets_pair_up else pairing_problems(source, found.brackets)),
        *(each for tokens in found.branch_brackets for each in _in_part(source, tokens)),
        *pairing_problems(source, found.conditionals),
    )
    parsed = cache(lambda: _parsed(_dialect(language, source), source, find_base))

    def find_tree() -> Tree | None:
        found = parsed()
        return found.tree if found is not None else None

    definitions = Definitions(language.name, find_tree)
    return Reading(
        problems,
        found.is_string,
        definitions,
        parsed=parsed,
        is_comment=found.is_comment,
        # The users of a macro may have the partner of its bracket.
        counted_as_new=tuple(
            each for tokens in found.macro_brackets for each in _in_part(source, tokens)
        ),
    )


def _in_part(source: Source, tokens: list[Token]) -> Iterator[SyntaxProblem]:
    """Yield the first unpaired bracket of a branch or of a macro."""
    for problem in pairing_problems(source, tokens)[:1]:
        message = problem.message.replace("end of the file", "end of its branch or macro")
        yield replace(problem, message=message)


def _dialect(language: Language, source: Source) -> Language:
    is_cpp = language.name == "c" and _CPP.search(source.text)
    return LANGUAGES["cpp"] if is_cpp else language


def _parsed(language: Language, source: Source, find_base: FindParsed) -> Parsed | None:
    if _OBJECTIVE_C.search(source.text):
        return None
    shown = Source(masked(source.text), source)
    # Used only for definitions, so errors caused by macros do not matter.
    return Parsed(shown, parse_after(language, shown, find_base(), accepts_errors=True))
