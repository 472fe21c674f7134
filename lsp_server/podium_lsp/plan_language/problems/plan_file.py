"""What is wrong with a plan file; the rules are the model's own, only the places are found here."""

from collections.abc import Iterator

from podium.model.plans import Task
from podium.model.rules.graph import plan_problems
from podium_lsp.plan_language.draft_tasks import plain, sound_task
from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node, Tree, read_json
from podium_lsp.plan_language.plan_context import ROLES, Surroundings
from podium_lsp.plan_language.problems.conflicts import conflict_remarks
from podium_lsp.plan_language.problems.markdown import prose_remarks
from podium_lsp.plan_language.problems.model_errors import culprit, json_shape
from podium_lsp.plan_language.problems.yaml import config_remarks, workflow_remarks
from podium_lsp.plan_language.results import Level, Remark
from podium_lsp.session.text import Text


def remarks_on(file: PlanFile, text: Text, around: Surroundings) -> list[Remark]:
    """Return everything that is wrong with a plan file."""
    content = text.content
    if marked := conflict_remarks(content):
        return marked
    match file.kind:
        case Kind.CONFIG:
            return config_remarks(file, text, around)
        case Kind.WORKFLOW:
            return workflow_remarks(file, text, around)
        case Kind.MARKDOWN:
            return prose_remarks(file, text)
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
    rows = list(json_shape(file.model, content, tree)) if file.model else []
    if file.kind is Kind.TASK:
        rows += _task(file, tree, around)
    if file.kind is Kind.PLAN:
        rows += _plan(file, tree, around)
    return rows


def _task(file: PlanFile, tree: Tree, around: Surroundings) -> Iterator[Remark]:
    own = tree.root.get("id")
    if own is not None and own.kind == "string" and own.value != file.name:
        message = f"the id must be the file's name, {file.name!r}"
        yield Remark(own.span, message, "id")
    role = tree.root.get("role")
    if role is not None and role.kind == "string" and role.value not in ROLES:
        message = f"there is no role {role.value!r}; there are: {', '.join(ROLES)}"
        yield Remark(role.span, message, "role", Level.WARNING)
    task = sound_task(plain(tree.root))
    if task is not None:
        yield from _graph(task, tree, around)


def _graph(task: Task, tree: Tree, around: Surroundings) -> Iterator[Remark]:
    """Ask the model's own rules about the plan with this text in it."""
    others = [each for each in around.tasks if each.id != task.id]
    for problem in plan_problems([*others, task]):
        node = culprit(problem, task, tree.root)
        if node is not None:
            yield Remark(node.span, problem, "plan")


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
