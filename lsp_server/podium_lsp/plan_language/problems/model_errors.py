"""Locates violations of the model's rules in a document."""

from collections.abc import Iterator, Sequence
from typing import Any

import pydantic

from podium.model.base import Frozen
from podium.model.plans import Task
from podium.model.rules.validation import Violation, violations
from podium_lsp.plan_language.parsing.json_tree import Key, Node, Tree, find
from podium_lsp.plan_language.results import Level, Problem
from podium_lsp.session.text import Span


def json_shape(model: type[Frozen], content: str, tree: Tree) -> Iterator[Problem]:
    """Yield the validation errors in a JSON document."""
    try:
        model.model_validate_json(content)
    except pydantic.ValidationError as error:
        yield from _mistakes(violations(error, model), tree.root, (), Level.ERROR)


def value_shape(
    model: type[Frozen],
    value: Any,
    root: Node,
    below: tuple[Key, ...] = (),
    level: Level = Level.ERROR,
) -> Iterator[Problem]:
    """Yield the validation errors in a value that was parsed from a document.

    Args:
        below: the path from the root to the value.
        level: the severity of the errors.
    """
    try:
        model.model_validate(value)
    except pydantic.ValidationError as error:
        yield from _mistakes(violations(error, model), root, below, level)


def _mistakes(
    broken: Sequence[Violation], root: Node, below: tuple[Key, ...], level: Level
) -> Iterator[Problem]:
    for each in broken:
        step = find(root, (*below, *each.place))
        extra = each.kind == "extra_forbidden"
        span = step.key_span if step.key_span and extra else _marked(step.node, step.key_span)
        yield Problem(span, each.brief, "field", level)


def _marked(node: Node, key: Span | None) -> Span:
    """Return the span to mark for a value: for a container, its key or first character."""
    if node.kind in ("object", "array"):
        return key or Span(node.span.start, node.span.start + 1)
    return node.span if node.span.end > node.span.start or key is None else key


def culprit(problem: str, task: Task, root: Node) -> Node | None:
    """Return the node of a task that a problem is about, or None if it is about another task.

    Args:
        problem: a message from the rules of plans.
        root: the task's node.
    """
    if "cycle: " in problem:
        cycle = problem.rsplit("cycle: ", 1)[1].split(" → ")
        if task.id not in cycle:
            return None
        successor = cycle[cycle.index(task.id) + 1]
        return _named(root, successor) or root.get("id")
    if not problem.startswith((f"task {task.id!r} ", f"task id {task.id!r} ")):
        return None
    message = problem.removeprefix(f"task {task.id!r} ")
    return next((each for each in _texts(root) if repr(each.value) in message), root.get("id"))


def _named(root: Node, task_id: str) -> Node | None:
    requires = root.get("requires")
    names = requires.items if requires else []
    return next((each for each in names if str(each.value) == task_id), None)


def _texts(root: Node) -> Iterator[Node]:
    """Yield the nodes that problems can mention: dependencies, files and criteria's ids."""
    files = root.get("files")
    folders = [pair.value for pair in files.pairs] if files else []
    for holder in (root.get("requires"), root.get("relates"), *folders):
        if holder is not None:
            yield from holder.strings()
    acceptance = root.get("acceptance")
    for criterion in reversed(acceptance.items if acceptance else []):
        if (own := criterion.get("id")) is not None:
            yield own
