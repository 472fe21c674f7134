"""Checks C# without directives, because conditionals may split constructs that the grammar needs
as a whole."""

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.worker.grammars import FindParsed, not_parsed
from podium.syntax.worker.masking import masked
from podium.syntax.worker.readers.tree import read_tree
from podium.syntax.worker.reading import Reading


def read_csharp(language: Language, source: Source, find_base: FindParsed = not_parsed) -> Reading:
    """Read a file with its directives blanked out."""
    return read_tree(language, Source(masked(source.text), source), find_base)
