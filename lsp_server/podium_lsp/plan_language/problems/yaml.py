"""Finds problems in settings and playbooks by the model's rules."""

from collections.abc import Iterator
from typing import Any

from podium.errors import InvalidConfig
from podium.model.config import Config
from podium.model.files.playbook import Playbook
from podium.model.plans import Task
from podium.model.rules.graph import plan_problems
from podium.operations.text.yaml import YamlSource, YamlValues, read_yaml
from podium_lsp.plan_language.draft_tasks import drafted_tasks, known_tasks, task_nodes, with_texts
from podium_lsp.plan_language.file_kinds import PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node, Tree, find
from podium_lsp.plan_language.parsing.tree import tree_of
from podium_lsp.plan_language.plan_context import PlanContext
from podium_lsp.plan_language.problems.model_errors import culprit, value_shape
from podium_lsp.plan_language.results import Level, Problem
from podium_lsp.plan_language.task_names import SCRIPTS
from podium_lsp.session.text import Span, Text


def config_problems(file: PlanFile, text: Text, context: PlanContext) -> list[Problem]:
    """Return the problems in a project's settings."""
    tree = tree_of(file, text)
    values = _values(text, tree)
    if isinstance(values, Problem):
        return [values]
    rows = list(value_shape(Config, values.value, tree.root))
    return rows or list(_agents(tree.root, context))


def playbook_problems(file: PlanFile, text: Text, context: PlanContext) -> list[Problem]:
    """Return the problems in a playbook: in its steps, its plan and its task ids."""
    tree = tree_of(file, text)
    values = _values(text, tree)
    if isinstance(values, Problem):
        return [values]
    rows = list(value_shape(Playbook, values.value, tree.root))
    rows += _plan(values, tree.root)
    rows += _rules(file, text, tree.root)
    rows += _scripts(file, text, tree.root, context)
    return rows


def _values(text: Text, tree: Tree) -> YamlValues | Problem:
    if tree.problems:
        return tree.problems[0]
    try:
        return read_yaml(text.content, YamlSource("line", "file"))
    except InvalidConfig as error:
        return Problem(Span(0, 0), error.why, "yaml")


def _plan(values: YamlValues, root: Node) -> Iterator[Problem]:
    """Yield the plan's problems as warnings, because the reader of plans is lenient."""
    match values.value:
        case {"plan": {"tasks": list()}}:
            tasks: list[Any] = values.value["plan"]["tasks"]
            for number, task in enumerate(tasks):
                below = ("plan", "tasks", number)
                yield from value_shape(Task, with_texts(task), root, below, Level.WARNING)
        case _:
            return


def _rules(file: PlanFile, text: Text, root: Node) -> Iterator[Problem]:
    tasks = drafted_tasks(file, text)
    nodes = {str(own.value): each for each in task_nodes(root) if (own := each.get("id"))}
    for problem in plan_problems(tasks):
        found = [node for task in tasks if (node := culprit(problem, task, nodes[task.id]))]
        if found:
            yield Problem(found[0].span, problem, "plan")


def _scripts(file: PlanFile, text: Text, root: Node, context: PlanContext) -> Iterator[Problem]:
    """Yield a problem for each script for an unknown task, if any tasks are known."""
    known = {task.id for task in known_tasks(file, text, context)}
    for name in SCRIPTS if known else ():
        held = root.get(name)
        for pair in held.pairs if held else ():
            if pair.name not in known:
                message = f"the plan has no task {pair.name!r}"
                yield Problem(pair.name_span, message, "task", Level.WARNING)


def _agents(root: Node, context: PlanContext) -> Iterator[Problem]:
    roles = find(root, ("agents", "roles")).node
    chosen = [find(root, ("agents", "default")).node]
    chosen += [agent for pair in roles.pairs if (agent := pair.value.get("agent")) is not None]
    for each in chosen:
        if (
            each.kind == "string"
            and each.value
            and context.agents
            and each.value not in context.agents
        ):
            installed = ", ".join(context.agents)
            message = f"no agent {each.value!r} is installed; installed agents: {installed}"
            yield Problem(each.span, message, "agent", Level.WARNING)
