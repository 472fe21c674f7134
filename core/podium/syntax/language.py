"""What is known about one language; must not load any grammar."""

from dataclasses import dataclass
from enum import StrEnum


class JudgedBy(StrEnum):
    """What counts as evidence that a text of the language is broken."""

    GRAMMAR = "grammar"
    """The errors of the tree-sitter grammar."""
    TOLERANT_GRAMMAR = "tolerant-grammar"
    """The same, but the grammar is known to reject valid texts: without a clean base its
    objections are warnings. Unbalanced brackets and tags stay errors."""
    C_BRACKETS = "c-brackets"
    """Balance of brackets outside comments, strings and the preprocessor. Macros make the C
    grammars reject half of all valid files."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Where a tree-sitter grammar is found.

    Args:
        module: the wheel's import name; empty for a grammar that only a pack may hold.
        function: the function in it that returns the grammar.
        in_packs: the name under which the optional packs know it, or empty.
    """

    module: str
    function: str = "language"
    in_packs: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """One language that can be checked.

    Args:
        name: stable lower-case name.
        grammar: its grammar.
        second_grammar: asked when the first one finds errors; the text is fine if it finds none.
        judged_by: what counts as evidence.
        extensions: file name endings with their dot, lower case.
        file_names: whole file names.
        interpreters: program names in a `#!` line, without version.
        comment_leads: how comments begin.
        is_prose: a fence, or a sentence where code should stand, means nothing in it.
        templated: files often hold another language's template tags (`{{ }}`, `{% %}`, `<% %>`),
            which the grammar cannot know.
    """

    name: str
    grammar: Grammar
    second_grammar: Grammar | None = None
    judged_by: JudgedBy = JudgedBy.GRAMMAR
    extensions: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    comment_leads: tuple[str, ...] = ("//", "/*", "*")
    is_prose: bool = False
    templated: bool = False
