"""A JSON parser that records locations and recovers from errors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from podium_lsp.plan_language.results import Problem
from podium_lsp.session.text import Span

_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_STRING = re.compile(r'"(?:[^"\\\r\n]|\\.)*"?')
_WORD = re.compile(r"[^\s,:{}\[\]\"]+")
_MOST_DEPTH = 200

Key: TypeAlias = str | int


@dataclass
class Node:
    """A value and its location.

    Args:
        kind: `object`, `array`, `string`, `number`, `word`, or `gap` if the value is missing.
        value: the value of a string, number or word; None for others.
        pairs: an object's members.
        items: an array's elements.
    """

    kind: str
    span: Span
    value: Any = None
    pairs: list["Pair"] = field(default_factory=list["Pair"])
    items: list["Node"] = field(default_factory=list["Node"])

    def get(self, name: str) -> "Node | None":
        """Return a member's value, or None."""
        return next((each.value for each in self.pairs if each.name == name), None)

    def strings(self) -> Iterator["Node"]:
        """Yield the strings among the items."""
        return (each for each in self.items if each.kind == "string")


@dataclass
class Pair:
    """A member of an object."""

    name: str
    name_span: Span
    value: Node


@dataclass(frozen=True)
class Tree:
    """A parsed document.

    Args:
        root: the value; a gap if the document is empty.
        problems: the syntax errors.
    """

    root: Node
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Step:
    """One value on the path from the root to another value, with its key."""

    node: Node
    key: Key | None
    key_span: Span | None


def read_json(text: str) -> Tree:
    """Parse a document as far as possible."""
    reader = _Reader(text)
    root = reader.value(0)
    reader.skip()
    if reader.at < len(text):
        reader.report(Span(reader.at, len(text)), "only whitespace may follow the value")
    return Tree(root, tuple(reader.problems))


def path_to(root: Node, offset: int) -> list[Step]:
    """Return the values that enclose an offset, from the outermost to the innermost."""
    path = [Step(root, None, None)]
    while True:
        inner = next((each for each in _members(path[-1].node) if _holds(each, offset)), None)
        if inner is None:
            return path
        path.append(inner)


def find(root: Node, place: tuple[Key, ...]) -> Step:
    """Return the value at a path of keys, or the innermost enclosing value that exists."""
    step = Step(root, None, None)
    for key in place:
        inner = next((each for each in _members(step.node) if each.key == key), None)
        if inner is None:
            return step
        step = inner
    return step


def _members(node: Node) -> Iterator[Step]:
    for pair in node.pairs:
        yield Step(pair.value, pair.name, pair.name_span)
    for index, item in enumerate(node.items):
        yield Step(item, index, None)


def _holds(step: Step, offset: int) -> bool:
    start = step.key_span.start if step.key_span else step.node.span.start
    return start <= offset <= step.node.span.end


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.problems: list[Problem] = []

    def skip(self) -> None:
        found = _SPACE.match(self._text, self.at)
        self.at = found.end() if found else self.at

    def report(self, span: Span, message: str) -> None:
        if len(self.problems) < 20:
            self.problems.append(Problem(span, message, "json"))

    def value(self, depth: int) -> Node:
        self.skip()
        character = self._text[self.at : self.at + 1]
        if depth > _MOST_DEPTH:
            self.report(Span(self.at, self.at + 1), "it is nested too deeply")
            self.at = len(self._text)
            return Node("gap", Span(self.at, self.at))
        match character:
            case "{":
                return self._object(depth)
            case "[":
                return self._array(depth)
            case '"':
                return self._string()
            case _:
                return self._word()

    def _object(self, depth: int) -> Node:
        node = Node("object", Span(self.at, self.at))
        start, self.at = self.at, self.at + 1
        while not self._closes("}"):
            if self._text[self.at] != '"':
                self._skip_token("expected a name in double quotes")
                continue
            name = self._string()
            self.skip()
            if self._text[self.at : self.at + 1] == ":":
                self.at += 1
                value = self.value(depth + 1)
            else:
                self.report(name.span, "the name has no value")
                value = Node("gap", Span(name.span.end, name.span.end))
            if node.get(str(name.value)) is not None:
                self.report(name.span, f"the name {name.value!r} is used twice")
            node.pairs.append(Pair(str(name.value), name.span, value))
            self._comma("}")
        node.span = self._closed(start, "{")
        return node

    def _array(self, depth: int) -> Node:
        node = Node("array", Span(self.at, self.at))
        start, self.at = self.at, self.at + 1
        while not self._closes("]"):
            before = self.at
            node.items.append(self.value(depth + 1))
            if self.at == before:
                self._skip_token("expected a value")
            self._comma("]")
        node.span = self._closed(start, "[")
        return node

    def _string(self) -> Node:
        found = _STRING.match(self._text, self.at)
        assert found, "it starts with a quote"
        self.at = found.end()
        raw = found[0]
        span = Span(*found.span())
        closed = len(raw) > 1 and raw.endswith('"')
        if not closed:
            self.report(span, "the string is not closed")
        return Node("string", span, _unquoted(raw if closed else raw + '"'))

    def _word(self) -> Node:
        found = _WORD.match(self._text, self.at)
        if found is None:
            return Node("gap", Span(self.at, self.at))
        self.at = found.end()
        span = Span(*found.span())
        match found[0]:
            case "true" | "false" | "null":
                return Node("word", span, found[0])
            case number if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", number):
                return Node("number", span, float(number))
            case _:
                self.report(span, "not a JSON value; strings need double quotes")
                return Node("word", span, None)

    def _closes(self, closer: str) -> bool:
        """Return whether the value ends here; a mismatched closing bracket also ends it."""
        self.skip()
        return self.at >= len(self._text) or self._text[self.at] in "}]"

    def _closed(self, start: int, opener: str) -> Span:
        closer = {"{": "}", "[": "]"}[opener]
        if self._text[self.at : self.at + 1] == closer:
            self.at += 1
        else:
            self.report(Span(start, start + 1), f"this {opener} is never closed")
        return Span(start, self.at)

    def _comma(self, closer: str) -> None:
        self.skip()
        here = self._text[self.at : self.at + 1]
        if here == ",":
            comma, self.at = self.at, self.at + 1
            self.skip()
            if self._text[self.at : self.at + 1] == closer:
                self.report(Span(comma, comma + 1), "no comma is allowed after the last item")
        elif here and here not in "}]":
            self.report(Span(self.at, self.at + 1), "a comma is missing before this")

    def _skip_token(self, message: str) -> None:
        found = _WORD.match(self._text, self.at)
        end = found.end() if found else self.at + 1
        self.report(Span(self.at, end), message)
        self.at = end


def _unquoted(raw: str) -> str:
    import json

    try:
        return str(json.loads(raw))
    except ValueError:
        return raw[1:-1]
