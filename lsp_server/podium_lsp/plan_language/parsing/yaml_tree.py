"""Parses YAML into the same kind of tree as JSON."""

from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from podium_lsp.plan_language.parsing.json_tree import Node, Pair, Tree
from podium_lsp.plan_language.results import Problem
from podium_lsp.session.text import Span

MOST_CHARACTERS = 500_000
_MOST_NODES = 100_000
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_TEXT = "tag:yaml.org,2002:str"


@lru_cache(maxsize=8)
def read_yaml_tree(text: str) -> Tree:
    """Parse a document; if it is not valid YAML, the tree contains only the problem.

    Aliases are not expanded: a value has one location, and an alias may refer to its own ancestor.
    """
    empty = Node("gap", Span(0, 0))
    if len(text) > MOST_CHARACTERS:
        return Tree(empty, ())
    yaml: Any = YAML(typ="rt", pure=True)
    try:
        composed = yaml.compose(text)
    except MarkedYAMLError as error:
        return Tree(empty, (_broken(text, error),))
    except YAMLError as error:
        return Tree(empty, (Problem(Span(0, 0), str(error).splitlines()[0], "yaml"),))
    return Tree(empty if composed is None else _Reader(text).node(composed), ())


def _broken(text: str, error: MarkedYAMLError) -> Problem:
    details: Any = error
    mark = details.problem_mark or details.context_mark
    message = str(details.problem or details.context or "it is not valid YAML").splitlines()[0]
    start = min(mark.index, len(text)) if mark else 0
    if not text[start:].strip():
        start, message = len(text.rstrip()) - 1, f"unexpected end of file: {message}"
    end = text.find("\n", start)
    return Problem(Span(start, end if end > start else min(start + 1, len(text))), message, "yaml")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._seen: set[int] = set()

    def node(self, composed: Any) -> Node:
        span = self._span(composed)
        if id(composed) in self._seen or len(self._seen) > _MOST_NODES:
            return Node("word", Span(span.start, span.start))
        self._seen.add(id(composed))
        match composed.id:
            case "mapping":
                pairs = [self._pair(key, value) for key, value in composed.value]
                return Node("object", span, pairs=pairs)
            case "sequence":
                return Node("array", span, items=[self.node(each) for each in composed.value])
            case _:
                return _scalar(composed, span)

    def _pair(self, key: Any, value: Any) -> Pair:
        name = key.value if key.id == "scalar" else ""
        return Pair(str(name), self._span(key), self.node(value))

    def _span(self, composed: Any) -> Span:
        """Return a value's span without trailing whitespace."""
        start, end = composed.start_mark.index, composed.end_mark.index
        return Span(start, start + len(self._text[start:end].rstrip()))


def _scalar(composed: Any, span: Span) -> Node:
    tag = str(composed.tag)
    if tag in _NUMBERS:
        # An unquoted id such as 1 is a number in YAML, but a string to Podium; keep the text.
        return Node("number", span, composed.value)
    return Node("string" if tag == _TEXT else "word", span, composed.value)
