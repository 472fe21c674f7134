"""The structure of a plan file, for outlines and folding."""

from collections.abc import Iterator

from podium.words import shorten
from podium_lsp.plan_language.file_kinds import PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node, Step
from podium_lsp.plan_language.parsing.tree import PROSE_KINDS, YAML_KINDS, tree_of
from podium_lsp.plan_language.results import Symbol
from podium_lsp.session.text import Span, Text


def symbols_of(file: PlanFile, text: Text) -> list[Symbol]:
    """Return the named parts of a plan file."""
    if file.kind in PROSE_KINDS:
        return list(_headings(text))
    return [_symbol(step) for step in _members(tree_of(file, text).root)]


def folds_of(file: PlanFile, text: Text) -> list[Span]:
    """Return the foldable parts of a plan file."""
    if file.kind in PROSE_KINDS:
        return [each.span for each in _flat(symbols_of(file, text))]
    spans = [symbol.span for symbol in _flat(symbols_of(file, text)) if symbol.children]
    # A fold starts at the name in YAML, and at the opening bracket in JSON.
    return spans if file.kind in YAML_KINDS else [n.span for n in _nodes(tree_of(file, text).root)]


def _members(node: Node) -> Iterator[Step]:
    yield from (Step(pair.value, pair.name, pair.name_span) for pair in node.pairs)
    yield from (Step(item, index, None) for index, item in enumerate(node.items))


def _symbol(step: Step) -> Symbol:
    node = step.node
    own = node.get("id") or node.get("name")
    # A step of a playbook is an object with a single key.
    only = node.pairs[0].name if len(node.pairs) == 1 and isinstance(step.key, int) else step.key
    name = str(own.value) if own else str(only)
    detail = shorten(str(node.value), 80) if node.value is not None else ""
    title = node.get("title") or node.get("text")
    start = step.key_span.start if step.key_span else node.span.start
    return Symbol(
        name=name or "…",
        detail=shorten(str(title.value), 80) if title else detail,
        kind=node.kind,
        span=Span(start, node.span.end),
        name_span=step.key_span or Span(node.span.start, node.span.start),
        children=tuple(map(_symbol, _members(node))) if node.kind in ("object", "array") else (),
    )


def _headings(text: Text) -> Iterator[Symbol]:
    lines = range(text.line_count)
    starts = [line for line in lines if _line(text, line).startswith(("## ", "### "))]
    for line, behind in zip(starts, [*starts[1:], text.line_count], strict=True):
        span = text.line_span(line)
        title = _line(text, line).lstrip("# ").strip()
        whole = Span(span.start, text.line_span(behind - 1).end)
        yield Symbol(title or "…", "", "heading", whole, span)


def _line(text: Text, line: int) -> str:
    span = text.line_span(line)
    return text.content[span.start : span.end]


def _nodes(node: Node) -> Iterator[Node]:
    if node.kind in ("object", "array"):
        yield node
    for step in _members(node):
        yield from _nodes(step.node)


def _flat(symbols: list[Symbol]) -> Iterator[Symbol]:
    for each in symbols:
        yield each
        yield from _flat(list(each.children))
