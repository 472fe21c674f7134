"""Mentions of the project's own modules and files in texts: strings, comments and pages."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from scripts.code_tree import CodeTree, Module

DOTTED = re.compile(r"(?<![\w./:@-])podium(?:_[a-z]+)?(?:\.\w+)+(?::\w+)?")
STARTED = re.compile(r"-m ((?:podium\w*|tests|scripts)(?:\.\w+)*)")
SOURCE_FILE = re.compile(r"(?<![\w./*{}~-])(?:[\w.-]+/)*[\w-]+\.py\b(?![\w/])")
OWN_PATH = re.compile(
    r"(?<![\w./-])(?:core|adapters|http|lsp_server|mcp_server|editors|tests|scripts|docs)/[\w./-]*\w"
)


class Mention(NamedTuple):
    """A piece of text that names something, and where it is."""

    text: str
    place: str


def in_strings(module: Module, pattern: re.Pattern[str]) -> Iterator[Mention]:
    """Yield what `pattern` finds in the string constants of a module."""
    for line, text, _ in _strings(module):
        for found in pattern.finditer(text):
            yield Mention(found[0], f"{module.path}:{line}")


def in_prose(module: Module, pattern: re.Pattern[str]) -> Iterator[Mention]:
    """Yield what `pattern` finds in the docstrings and comments of a module."""
    for line, text, stands_alone in _strings(module):
        if stands_alone:
            for found in pattern.finditer(text):
                yield Mention(found[0], f"{module.path}:{line}")
    # To split a module into tokens takes long, and most have no such comment.
    if not any(pattern.search(each, each.index("#")) for each in _lines_with_hash(module)):
        return
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            for found in pattern.finditer(token.string):
                yield Mention(found[0], f"{module.path}:{token.start[0]}")


@cache
def _strings(module: Module) -> list[tuple[int, str, bool]]:
    """Return the line and text of every string, and whether it is a statement of its own."""
    nodes = [*ast.walk(module.tree)]
    alone = {id(each.value) for each in nodes if isinstance(each, ast.Expr)}
    return [
        (each.lineno, each.value, id(each) in alone)
        for each in nodes
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def _lines_with_hash(module: Module) -> Iterator[str]:
    return (each for each in module.text.splitlines() if "#" in each)


def in_page(path: str, text: str, pattern: re.Pattern[str]) -> Iterator[Mention]:
    """Yield what `pattern` finds in a text file; its first group, if it has one."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in pattern.finditer(line):
            yield Mention(found[found.lastindex or 0], f"{path}:{number}")


def resolves(tree: CodeTree, dotted: str) -> bool:
    """Return whether a dotted name is a module, or leads to a name that its module holds."""
    module, rest = tree.resolve(dotted.replace(":", "."))
    first, *inner = rest.split(".")
    if not module or not first:
        return bool(module)
    text = tree.modules[module].text if module in tree.modules else ""
    return tree.defines(f"{module}:{first}") and all(
        re.search(rf"\b{each}\b", text) for each in inner
    )
