"""Finds problems in plan files: applies the model's rules and locates the violations."""

from collections.abc import Iterator

from podium.model.plans import Task
from podium.model.rules.graph import plan_problems
from podium_lsp.plan_language.draft_tasks import plain, sound_task
from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node, Tree, read_json
from podium_lsp.plan_language.plan_context import ROLES, PlanContext
from podium_lsp.plan_language.problems.conflicts import conflict_problems
from podium_lsp.plan_language.problems.markdown import markdown_problems
from podium_lsp.plan_language.problems.model_errors import culprit, json_shape
from podium_lsp.plan_language.problems.yaml import config_problems, playbook_problems
from podium_lsp.plan_language.results import Level, Problem
from podium_lsp.session.text import Text


def problems_in(file: PlanFile, text: Text, context: PlanContext) -> list[Problem]:
    """Return all problems in a plan file."""
    content = text.content
    if marked := conflict_problems(content):
        return marked
    match file.kind:
        case Kind.CONFIG:
            return config_problems(file, text, context)
        case Kind.PLAYBOOK:
            return playbook_problems(file, text, context)
        case Kind.MARKDOWN:
            return markdown_problems(file, text)
        case Kind.VIEW:
            return []
        case Kind.PLAN | Kind.TASK | Kind.OTHER:
            return _document(file, content, context)


def _document(file: PlanFile, content: str, context: PlanContext) -> list[Problem]:
    tree = read_json(content)
    if tree.problems:
        return list(tree.problems)
    if tree.root.kind != "object":
        return [Problem(tree.root.span, "the file must contain an object", "shape")]
    rows = list(json_shape(file.model, content, tree)) if file.model else []
    if file.kind is Kind.TASK:
        rows += _task(file, tree, context)
    if file.kind is Kind.PLAN:
        rows += _plan(file, tree, context)
    return rows


def _task(file: PlanFile, tree: Tree, context: PlanContext) -> Iterator[Problem]:
    own = tree.root.get("id")
    if own is not None and own.kind == "string" and own.value != file.name:
        message = f"the id must match the file's name, {file.name!r}"
        yield Problem(own.span, message, "id")
    role = tree.root.get("role")
    if role is not None and role.kind == "string" and role.value not in ROLES:
        message = f"there is no role {role.value!r}; roles are: {', '.join(ROLES)}"
        yield Problem(role.span, message, "role", Level.WARNING)
    task = sound_task(plain(tree.root))
    if task is not None:
        yield from _graph(task, tree, context)


def _graph(task: Task, tree: Tree, context: PlanContext) -> Iterator[Problem]:
    """Check the model's rules for the plan with this version of the task."""
    others = [each for each in context.tasks if each.id != task.id]
    for problem in plan_problems([*others, task]):
        node = culprit(problem, task, tree.root)
        if node is not None:
            yield Problem(node.span, problem, "plan")


def _plan(file: PlanFile, tree: Tree, context: PlanContext) -> Iterator[Problem]:
    own = tree.root.get("id")
    if own is not None and own.kind == "string" and own.value != file.plan_id:
        yield Problem(own.span, f"the id must match the folder's name, {file.plan_id!r}", "id")
    order = tree.root.get("task_order")
    known = {task.id for task in context.tasks}
    for each in order.strings() if order and context.plan else ():
        if each.value not in known:
            message = f"the plan has no task {each.value!r}"
            yield Problem(each.span, message, "task", Level.WARNING)
    yield from _agents(tree.root.get("agents"), context)


def _agents(agents: Node | None, context: PlanContext) -> Iterator[Problem]:
    for pair in agents.pairs if agents else ():
        chosen = pair.value.get("agent")
        if chosen is not None and context.agents and chosen.value not in context.agents:
            installed = ", ".join(context.agents)
            message = f"no agent {chosen.value!r} is installed; installed agents: {installed}"
            yield Problem(chosen.span, message, "agent", Level.WARNING)
