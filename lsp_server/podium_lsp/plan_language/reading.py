"""What a person is told of a place in a plan file, and what it names; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from podium.model.plans import Task
from podium.model.progress import TaskProgress
from podium_lsp.plan_language.json_tree import Node, Step, read_json, way_to
from podium_lsp.plan_language.kinds import Kind, PlanFile, fields_at
from podium_lsp.plan_language.surroundings import Surroundings
from podium_lsp.plan_language.words import Symbol
from podium_lsp.text import Span, Text

NAMES_OF_TASKS = ("requires", "relates", "task_order")


def task_at(file: PlanFile, text: Text, offset: int) -> tuple[str, Span] | None:
    """Return the id of the task that a place names, and where it stands."""
    if file.kind not in (Kind.PLAN, Kind.TASK):
        return None
    way = way_to(read_json(text.content).root, offset)
    inner = way[-1].node
    keys = [step.key for step in way if step.key is not None]
    named = keys and (keys[0] in NAMES_OF_TASKS or (file.kind is Kind.TASK and keys == ["id"]))
    if inner.kind == "string" and named and inner.span.holds(offset):
        return str(inner.value), inner.span
    return None


def mentions(text: Text, task_id: str, *, own: bool) -> Iterator[Span]:
    """Yield every place of a plan file that names a task.

    Args:
        own: whether the task's own id counts.
    """
    root = read_json(text.content).root
    for name in NAMES_OF_TASKS:
        holder = root.get(name)
        for each in holder.strings() if holder else ():
            if each.value == task_id:
                yield each.span
    own_id = root.get("id")
    if own and own_id is not None and own_id.value == task_id:
        yield own_id.span


def hover_at(
    file: PlanFile, text: Text, offset: int, around: Surroundings
) -> tuple[str, Span] | None:
    """Return Markdown about a place, and what it is about."""
    if (named := task_at(file, text, offset)) is not None:
        task = around.task(named[0])
        return (_task_words(task, around), named[1]) if task else None
    if file.model is None or file.kind is Kind.CONFIG:
        return None
    way = way_to(read_json(text.content).root, offset)
    step = way[-1]
    if step.key_span is None or not step.key_span.holds(offset):
        return None
    field = fields_at(file.model, tuple(each.key for each in way if each.key is not None))
    told = str(field.get("description", ""))
    kind = str(field.get("type", ""))
    words = "\n\n".join(filter(None, [f"**{step.key}** {kind}".strip(), told, _choices(field)]))
    return words, step.key_span


def symbols_of(file: PlanFile, text: Text) -> list[Symbol]:
    """Return the parts of a plan file that have names."""
    if file.kind in (Kind.MARKDOWN, Kind.VIEW):
        return list(_headings(text))
    if file.kind is Kind.CONFIG:
        return list(_yaml_names(text))
    return [_symbol(step) for step in _members(read_json(text.content).root)]


def folds_of(file: PlanFile, text: Text) -> list[Span]:
    """Return the parts of a plan file that can be folded."""
    if file.kind in (Kind.MARKDOWN, Kind.VIEW, Kind.CONFIG):
        return [each.span for each in _flat(symbols_of(file, text))]
    return [node.span for node in _nodes(read_json(text.content).root)]


def state_words(progress: TaskProgress) -> str:
    """Return where a task stands, in a few words."""
    percent = f" {progress.percent} %" if 0 < progress.percent < 100 else ""
    return f"{progress.state}{percent}"


def _task_words(task: Task, around: Surroundings) -> str:
    progress = around.progress.get(task.id, TaskProgress())
    rows = [f"**{task.id}** {task.title}", f"{state_words(progress)} · {task.priority}"]
    if task.estimate:
        rows[-1] += f" · {task.estimate.minutes:g} min"
    if task.requires:
        rows.append("requires " + ", ".join(task.requires))
    if task.files.all:
        rows.append("files " + ", ".join(f"`{each}`" for each in task.files.all))
    rows += [part for part in (task.description, progress.reason, progress.note) if part]
    return "\n\n".join(rows)


def _choices(field: Mapping[str, Any]) -> str:
    values = field.get("enum", ())
    return "one of: " + ", ".join(f"`{each}`" for each in values) if values else ""


def _members(node: Node) -> Iterator[Step]:
    yield from (Step(pair.value, pair.name, pair.name_span) for pair in node.pairs)
    yield from (Step(item, index, None) for index, item in enumerate(node.items))


def _symbol(step: Step) -> Symbol:
    node = step.node
    own = node.get("id") or node.get("name")
    name = str(own.value) if own else str(step.key)
    detail = str(node.value)[:80] if node.value is not None else ""
    title = node.get("title") or node.get("text")
    start = step.key_span.start if step.key_span else node.span.start
    return Symbol(
        name=name or "…",
        detail=str(title.value)[:80] if title else detail,
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


def _yaml_names(text: Text) -> Iterator[Symbol]:
    lines = range(text.line_count)
    tops = [line for line in lines if _line(text, line)[:1].isalpha() and ":" in _line(text, line)]
    for line, behind in zip(tops, [*tops[1:], text.line_count], strict=True):
        span = text.line_span(line)
        name = _line(text, line).partition(":")[0]
        whole = Span(span.start, text.line_span(behind - 1).end)
        yield Symbol(name, "", "object", whole, Span(span.start, span.start + len(name)))


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
