"""The JSON Schemas in `docs/schemas` say what the model accepts."""

import ast
import importlib
import inspect
import json
from functools import cache
from typing import Any

import pytest

from podium.model import (
    agents,
    config,
    events,
    findings,
    plans,
    progress,
    questions,
    runs,
    sessions,
)
from podium.model.base import Frozen, to_json
from tests.core.model.samples import STORED
from tests.support.goldens import ROOT, Goldens

FOLDER = ROOT / "docs" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

MODELS: dict[str, type[Frozen]] = {
    "acceptance-criterion": plans.AcceptanceCriterion,
    "agent-spec": agents.AgentSpec,
    "approval": plans.Approval,
    "attempt": runs.Attempt,
    "config": config.Config,
    "dependency": plans.Dependency,
    "estimate": plans.Estimate,
    "event": events.Event,
    "evidence": progress.Evidence,
    "finding": findings.Finding,
    "plan": plans.Plan,
    "plan-header": plans.PlanHeader,
    "run": runs.Run,
    "run-intent": runs.RunRequest,
    "session": sessions.Session,
    "question": questions.Question,
    "step": runs.AgentCall,
    "task": plans.Task,
    "task-progress": progress.TaskProgress,
    "task-run": runs.TaskRun,
    "thought": sessions.Thought,
    "usage": agents.Usage,
}

MADE_ELSEWHERE = {"playbook"}


def schema_of(model: type[Frozen]) -> dict[str, Any]:
    """Return the schema of what the model accepts, with the fields' docstrings as descriptions."""
    schema = model.model_json_schema()
    for each in (schema, *schema.get("$defs", {}).values()):
        for name, field in each.get("properties", {}).items():
            if description := field_docs().get((each["title"], name)):
                field["description"] = description
    return {"$schema": DIALECT, **schema}


@cache
def field_docs() -> dict[tuple[str, str], str]:
    """Return by class and field the docstring below the field, in one line."""
    docs: dict[tuple[str, str], str] = {}
    for module in (agents, config, events, findings, plans, progress, runs, sessions):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                docs |= {(node.name, field): text for field, text in docs_below_fields(node)}
    return docs


def docs_below_fields(node: ast.ClassDef) -> list[tuple[str, str]]:
    return [
        (field.target.id, " ".join(below.value.value.split()))
        for field, below in zip(node.body, node.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    ]


@pytest.mark.promise("W1", "Y1.schema")
@pytest.mark.parametrize("name", MODELS)
def test_the_published_schema_is_the_models(name: str, goldens: Goldens) -> None:
    made = json.dumps(schema_of(MODELS[name]), indent=2, ensure_ascii=False) + "\n"
    goldens.check(FOLDER / f"{name}.schema.json", made)


def test_no_schema_is_left_from_a_model_that_is_gone() -> None:
    published = {path.name.removesuffix(".schema.json") for path in FOLDER.iterdir()}
    assert published - MADE_ELSEWHERE == set(MODELS)


@pytest.mark.promise("W1")
@pytest.mark.parametrize("value", STORED, ids=lambda each: type(each).__name__)
def test_what_is_stored_is_valid_by_its_published_schema(value: Frozen) -> None:
    schema = schema_of(type(value))
    validator = importlib.import_module("jsonschema").Draft202012Validator
    validator.check_schema(schema)
    validator(schema).validate(to_json(value))
    assert not validator(schema).is_valid({**to_json(value), "unknown": 1})


def test_the_explanations_in_the_code_reach_the_schema() -> None:
    described = schema_of(plans.Task)["properties"]["requires"]["description"]
    assert described == "Tasks that must be done first."


def test_a_member_of_a_union_must_say_which_it_is() -> None:
    shown = schema_of(progress.Evidence)["$defs"]["CommandShown"]
    assert shown["required"] == ["type", "command", "exit_code"]
