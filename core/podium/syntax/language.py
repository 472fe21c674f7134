"""The description of one language."""

from dataclasses import dataclass
from enum import StrEnum


class JudgedBy(StrEnum):
    """The evidence that a file in the language is broken."""

    GRAMMAR = "grammar"
    """The errors of the tree-sitter grammar."""
    TOLERANT_GRAMMAR = "tolerant-grammar"
    """The same, but the grammar is known to reject valid files: without a clean base its errors
    are warnings. Unbalanced brackets and tags remain errors."""
    C_BRACKETS = "c-brackets"
    """Balanced brackets outside comments, strings and preprocessor directives.

    Macros make the C grammars reject half of all valid files.
    """


@dataclass(frozen=True, slots=True)
class Grammar:
    """The location of a tree-sitter grammar.

    Args:
        module: the wheel's import name; empty for a grammar that is only available in packs.
        function: the function in it that returns the grammar.
        in_packs: its name in the optional packs, or empty.
    """

    module: str
    function: str = "language"
    in_packs: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that can be checked.

    Args:
        name: stable lower-case name.
        grammar: its grammar.
        second_grammar: tried if the first grammar finds errors; the text is valid if the second one
            finds none.
        judged_by: the evidence that a file is broken.
        extensions: file extensions with their dot, in lower case.
        file_names: whole file names.
        path_patterns: patterns of paths; they take precedence over extensions.
        interpreters: program names in a `#!` line, without version.
        comment_leads: the beginnings of comments.
        is_prose: whether fences and sentences are normal in its files.
        templated: whether files often contain another language's template tags (`{{ }}`, `{% %}`,
            `<% %>`), which the grammar does not support.
    """

    name: str
    grammar: Grammar
    second_grammar: Grammar | None = None
    judged_by: JudgedBy = JudgedBy.GRAMMAR
    extensions: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    path_patterns: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    comment_leads: tuple[str, ...] = ("//", "/*", "*")
    is_prose: bool = False
    templated: bool = False
