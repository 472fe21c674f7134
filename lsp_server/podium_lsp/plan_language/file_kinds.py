"""Determines the kind of a plan file from its path, and the schema of its fields."""

import ast
import importlib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Any

from podium.model.base import Frozen
from podium.model.config import Config
from podium.model.files.playbook import Playbook
from podium.model.findings import Finding
from podium.model.plans import Approval, PlanDraft, PlanHeader, Task
from podium.model.progress import TaskProgress
from podium.model.runs import Run, RunRequest, TaskRun
from podium.model.sessions import Session, Thought


class Kind(StrEnum):
    """The kind of a plan file."""

    PLAN = "plan"
    TASK = "task"
    CONFIG = "config"
    MARKDOWN = "markdown"
    PLAYBOOK = "playbook"
    """The steps for each task, in YAML."""
    VIEW = "view"
    """A rendered plan or report, which Podium writes."""
    OTHER = "other"
    """Any other document in the store."""


@dataclass(frozen=True)
class PlanFile:
    """A file that Podium understands.

    Args:
        kind: the file's kind.
        model: the model of its content, or None.
        plan_id: the plan that it belongs to, or an empty string.
        name: the file's name without its extension.
    """

    kind: Kind
    model: type[Frozen] | None
    plan_id: str = ""
    name: str = ""


PLAYBOOK = PlanFile(Kind.PLAYBOOK, Playbook)
_PLAYBOOK_NAMES = re.compile(r"(?:.*\.)?playbook\.ya?ml")


def plan_file(relative: str) -> PlanFile | None:
    """Return the kind of a file, or None if it is not a plan file.

    Args:
        relative: the path in the project.
    """
    parts = relative.split("/")
    if _PLAYBOOK_NAMES.fullmatch(parts[-1]):
        return PLAYBOOK
    if parts[0] != ".podium":
        return PlanFile(Kind.MARKDOWN, None) if parts[-1] == "plan.md" else None
    name = parts[-1].rsplit(".", 1)[0]
    match parts[1:]:
        case ["config.yaml"]:
            return PlanFile(Kind.CONFIG, Config)
        case ["plans", plan, "plan.json"]:
            return PlanFile(Kind.PLAN, PlanHeader, plan, name)
        case ["plans", plan, "tasks", file] if file.endswith(".json"):
            return PlanFile(Kind.TASK, Task, plan, name)
        case ["workflows" | "playbooks", file] if file.endswith((".yaml", ".yml")):
            return PLAYBOOK
        case ["run", "views", _]:
            return PlanFile(Kind.VIEW, None)
        case [*_, "plan.md"]:
            return PlanFile(Kind.MARKDOWN, None)
        case _:
            return _other(parts[1:], name)


def _other(parts: list[str], name: str) -> PlanFile | None:
    models: dict[str, type[Frozen]] = {
        "approval.json": Approval,
        "status": TaskProgress,
        "session.json": Session,
        "thoughts": Thought,
        "run.json": Run,
        "intent.json": RunRequest,
        "tasks": TaskRun,
    }
    match parts:
        case ["plans", plan, ("approval.json" | "status") as which, *_]:
            return PlanFile(Kind.OTHER, models[which], plan, name)
        case ["sessions" | "runs", _, which, *_] if which in models:
            return PlanFile(Kind.OTHER, models[which], "", name)
        case ["findings", file] if file.endswith(".json"):
            return PlanFile(Kind.OTHER, Finding, "", name)
        case _:
            return None


@cache
def schema_of(model: type[Frozen]) -> Mapping[str, Any]:
    """Return a model's JSON Schema, with the docstrings of fields as their descriptions."""
    schema = model.model_json_schema()
    for each in (schema, *schema.get("$defs", {}).values()):
        for name, field in each.get("properties", {}).items():
            owner = model.__name__ if each is schema else each.get("title", "")
            if docstring := field_docstrings(model.__module__).get((owner, name)):
                field["description"] = docstring
    return schema


@cache
def field_docstrings(module: str) -> Mapping[tuple[str, str], str]:
    """Return the docstrings of fields, by class and field, in a module and its imports."""
    docstrings: dict[tuple[str, str], str] = {}
    pending, seen = [module], set[str]()
    while pending:
        name = pending.pop()
        if name in seen or not name.startswith("podium.model."):
            continue
        seen.add(name)
        tree = ast.parse(inspect.getsource(importlib.import_module(name)))
        pending += [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                docstrings.update(_docstrings_in(node))
    return docstrings


def _docstrings_in(node: ast.ClassDef) -> dict[tuple[str, str], str]:
    rows: dict[tuple[str, str], str] = {}
    for field, below in pairwise(node.body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as docstring)),
            ):
                rows[node.name, name] = " ".join(docstring.split())
            case _:
                pass
    return rows


def fields_at(model: type[Frozen], path: tuple[str | int, ...]) -> Mapping[str, Any]:
    """Return the schema of the value at a path of keys, or an empty mapping."""
    if model is Playbook and path[:1] == ("plan",):
        # The model of a playbook allows any object here; it is used as the architect's reply.
        return fields_at(PlanDraft, path[1:])
    schema = schema_of(model)
    here: Mapping[str, Any] = schema
    for key in path:
        here = resolved(schema, here)
        if isinstance(key, int):
            here = here.get("items", {})
        else:
            here = here.get("properties", {}).get(key) or _additional(here)
    return resolved(schema, here)


def resolved(schema: Mapping[str, Any], here: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema behind a reference or an optional value, keeping its own description."""
    if "anyOf" in here:
        kinds = [each for each in here["anyOf"] if each.get("type") != "null"]
        return {**resolved(schema, kinds[0]), **_words(here)} if kinds else here
    if "$ref" in here:
        name = str(here["$ref"]).rsplit("/", 1)[-1]
        return {**schema.get("$defs", {}).get(name, {}), **_words(here)}
    return here


def _words(here: Mapping[str, Any]) -> dict[str, Any]:
    return {key: here[key] for key in ("description", "default") if key in here}


def _additional(here: Mapping[str, Any]) -> Mapping[str, Any]:
    additional: Mapping[str, Any] | bool = here.get("additionalProperties", False)
    return {} if isinstance(additional, bool) else additional
