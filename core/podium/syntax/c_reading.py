"""Reads C and C++ for the judge: brackets, conditionals, comments and literals."""

import re
from functools import cache

from podium.syntax.c_pairs import read_c
from podium.syntax.definitions import Definition, definitions_of
from podium.syntax.grammars import parse
from podium.syntax.language import Language
from podium.syntax.languages import LANGUAGES
from podium.syntax.masking import masked
from podium.syntax.reading import Reading, pairing_problems, unterminated
from podium.syntax.source import Source

_OBJECTIVE_C = re.compile(rb"^@(?:interface|protocol|implementation|end|class)\b", re.MULTILINE)
_CPP = re.compile(
    rb"^\s*(?:namespace\b|class\s+\w|template\s*<|using\s|(?:public|private|protected)\s*:)",
    re.MULTILINE,
)
"""A header may be C or C++, and does not say which."""


def read_c_source(language: Language, source: Source) -> Reading:
    """Return what can be held against a C or C++ text for certain."""
    found = read_c(source.text)
    problems = (
        *(unterminated(source, each.opener, each.offset) for each in found.open_texts),
        *pairing_problems(source, found.brackets),
        *pairing_problems(source, found.conditionals),
    )
    return Reading(problems, _never, cache(lambda: _definitions(language, source)))


def _definitions(language: Language, source: Source) -> tuple[Definition, ...]:
    if _OBJECTIVE_C.search(source.text):
        return ()
    if language.name == "c" and _CPP.search(source.text):
        language = LANGUAGES["cpp"]
    return definitions_of(language.name, parse(language, Source(masked(source.text))))


def _never(_offset: int) -> bool:
    return False
