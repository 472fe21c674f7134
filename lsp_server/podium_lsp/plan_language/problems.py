"""What is wrong with a plan file; the rules are the model's own, only the places are found here."""

from collections.abc import Iterator, Sequence

import pydantic

from podium.errors import InvalidConfig, InvalidPlan
from podium.model.base import Frozen
from podium.model.config import Config
from podium.model.graph import plan_problems
from podium.model.plans import Task
from podium.model.yaml_text import YamlSource, read_yaml
from podium_lsp.plan_language.conflicts import conflict_remarks
from podium_lsp.plan_language.json_tree import Node, Tree, find, read_json
from podium_lsp.plan_language.kinds import Kind, PlanFile
from podium_lsp.plan_language.numbered import numbered_remarks
from podium_lsp.plan_language.surroundings import ROLES, Surroundings
from podium_lsp.plan_language.words import Level, Remark
from podium_lsp.text import Span, Text


def remarks_on(file: PlanFile, text: Text, around: Surroundings) -> list[Remark]:
    """Return everything that is wrong with a plan file."""
    content = text.content
    if marked := conflict_remarks(content):
        return marked
    match file.kind:
        case Kind.CONFIG:
            return _config(text, around)
        case Kind.MARKDOWN:
            return _markdown(text)
        case Kind.VIEW:
            return []
        case Kind.PLAN | Kind.TASK | Kind.OTHER:
            return _document(file, content, around)


def _document(file: PlanFile, content: str, around: Surroundings) -> list[Remark]:
    tree = read_json(content)
    if tree.remarks:
        return list(tree.remarks)
    if tree.root.kind != "object":
        return [Remark(tree.root.span, "the file must hold an object", "shape")]
    rows = list(_shape(file.model, content, tree)) if file.model else []
    if file.kind is Kind.TASK:
        rows += _task(file, content, tree, around)
    if file.kind is Kind.PLAN:
        rows += _plan(file, tree, around)
    return rows


def _shape(model: type[Frozen], content: str, tree: Tree) -> Iterator[Remark]:
    try:
        model.model_validate_json(content)
    except pydantic.ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            step = find(tree.root, tuple(each["loc"]))
            extra = each["type"] == "extra_forbidden"
            span = step.key_span if step.key_span and extra else _marked(step.node, step.key_span)
            message = "there is no such field" if extra else each["msg"]
            if each["type"] == "missing":
                message = f"the field {each['loc'][-1]!r} is missing"
            yield Remark(span, message.removeprefix("Value error, "), "field")


def _marked(node: Node, key: Span | None) -> Span:
    """Return what is marked of a value: of a long one its name, or its first character."""
    if node.kind in ("object", "array"):
        return key or Span(node.span.start, node.span.start + 1)
    return node.span


def _task(file: PlanFile, content: str, tree: Tree, around: Surroundings) -> Iterator[Remark]:
    own = tree.root.get("id")
    if own is not None and own.kind == "string" and own.value != file.name:
        message = f"the id must be the file's name, {file.name!r}"
        yield Remark(own.span, message, "id")
    role = tree.root.get("role")
    if role is not None and role.kind == "string" and role.value not in ROLES:
        message = f"there is no role {role.value!r}; there are: {', '.join(ROLES)}"
        yield Remark(role.span, message, "role", Level.WARNING)
    try:
        task = Task.model_validate_json(content)
    except pydantic.ValidationError:
        return
    yield from _graph(task, tree, around)


def _graph(task: Task, tree: Tree, around: Surroundings) -> Iterator[Remark]:
    """Ask the model's own rules about the plan with this text in it."""
    others = [each for each in around.tasks if each.id != task.id]
    for problem in plan_problems([*others, task]):
        node = _culprit(problem, task, tree.root)
        if node is not None:
            yield Remark(node.span, problem, "plan")


def _culprit(problem: str, task: Task, root: Node) -> Node | None:
    """Return the part of a task's file that a broken rule is about; None when it is elsewhere."""
    if "circle: " in problem:
        circle = problem.rsplit("circle: ", 1)[1].split(" → ")
        if task.id not in circle:
            return None
        successor = circle[circle.index(task.id) + 1]
        return _named(root, successor) or root.get("id")
    if not problem.startswith((f"task {task.id!r} ", f"task id {task.id!r} ")):
        return None
    said = problem.removeprefix(f"task {task.id!r} ")
    return next((each for each in _texts(root) if repr(each.value) in said), root.get("id"))


def _named(root: Node, task_id: str) -> Node | None:
    requires = root.get("requires")
    names = requires.strings() if requires else iter(())
    return next((each for each in names if each.value == task_id), None)


def _texts(root: Node) -> Iterator[Node]:
    """Yield the texts that rules speak of: dependencies, files and criteria's ids."""
    files = root.get("files")
    folders = [pair.value for pair in files.pairs] if files else []
    for holder in (root.get("requires"), root.get("relates"), *folders):
        if holder is not None:
            yield from holder.strings()
    acceptance = root.get("acceptance")
    for criterion in reversed(acceptance.items if acceptance else []):
        if (own := criterion.get("id")) is not None:
            yield own


def _plan(file: PlanFile, tree: Tree, around: Surroundings) -> Iterator[Remark]:
    own = tree.root.get("id")
    if own is not None and own.kind == "string" and own.value != file.plan_id:
        yield Remark(own.span, f"the id must be the folder's name, {file.plan_id!r}", "id")
    order = tree.root.get("task_order")
    known = {task.id for task in around.tasks}
    for each in order.strings() if order and around.plan else ():
        if each.value not in known:
            message = f"the plan has no task {each.value!r}"
            yield Remark(each.span, message, "task", Level.WARNING)
    yield from _agents(tree.root.get("agents"), around)


def _agents(agents: Node | None, around: Surroundings) -> Iterator[Remark]:
    for pair in agents.pairs if agents else ():
        chosen = pair.value.get("agent")
        if chosen is not None and around.agents and chosen.value not in around.agents:
            message = f"no agent {chosen.value!r} is installed; there are: " + ", ".join(
                around.agents
            )
            yield Remark(chosen.span, message, "agent", Level.WARNING)


def _config(text: Text, around: Surroundings) -> list[Remark]:
    name = "config.yaml"
    try:
        config = read_yaml(text.content, YamlSource(name, "settings")).validated(Config)
    except InvalidConfig as error:
        return numbered_remarks(text, error.why, name)
    chosen = [config.agents.default, *(each.agent for each in config.agents.roles.values())]
    unknown = {each for each in chosen if each and around.agents and each not in around.agents}
    return [_unknown_agent(text, each, around.agents) for each in sorted(unknown)]


def _unknown_agent(text: Text, name: str, agents: Sequence[str]) -> Remark:
    start = max(text.content.find(name), 0)
    message = f"no agent {name!r} is installed; there are: {', '.join(agents)}"
    return Remark(Span(start, start + len(name)), message, "agent", Level.WARNING)


def _markdown(text: Text) -> list[Remark]:
    from podium.dialogue.plan_documents import read_markdown

    try:
        read_markdown(text.content, "plan.md")
    except InvalidPlan as error:
        rows = [row for each in error.problems for row in numbered_remarks(text, each, "")]
        return rows or [Remark(text.line_span(0), str(error), "plan")]
    return []
