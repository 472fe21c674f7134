"""The command line and the table of operations agree."""

import inspect
import re
from pathlib import Path

import pytest

from podium.operations.table import OPERATION_IDS, load_operation
from podium_cli.flows import FLOWS
from podium_cli.group import program, verb_command
from podium_cli.parameters import click_parameters
from podium_cli.render import renderer
from podium_cli.special import SPECIAL
from podium_cli.verbs import GROUPS, ONLY_BY_OPERATION, VERBS

ROOT = Path(__file__).parents[2]
DAILY = {
    "init",
    "plan",
    "approve",
    "reject",
    "reset",
    "export",
    "tasks",
    "task",
    "next",
    "check",
    "sessions",
    "resume",
    "context",
    "history",
    "think",
    "run",
    "status",
    "cancel",
    "land",
    "findings",
    "doctor",
}
"""The short verbs for daily use."""


def test_every_operation_is_reached_by_a_verb_and_every_verb_asks_one() -> None:
    reached = {verb.operation for verb in VERBS.values()} | ONLY_BY_OPERATION
    assert reached == set(OPERATION_IDS)
    assert {verb.group for verb in VERBS.values()} == set(GROUPS)
    assert set(VERBS) >= DAILY
    assert set(FLOWS) <= set(VERBS)
    assert not set(SPECIAL) & set(VERBS)


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
def test_an_operation_is_whole(operation_id: str) -> None:
    operation = load_operation(operation_id)
    assert operation.summary.endswith(".")
    assert callable(renderer(operation_id))
    untold = [name for name, info in operation.params.model_fields.items() if not info.description]
    assert not untold, f"{operation_id}: parameters without a description: {untold}"


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_verb_offers_every_parameter_and_shows_an_example(name: str) -> None:
    verb = VERBS[name]
    operation = load_operation(verb.operation)
    offered = {parameter.name for parameter in click_parameters(operation.params, verb)}
    assert offered == set(operation.params.model_fields) - verb.hidden_parameters
    assert verb.examples
    assert all(example.startswith(f"podium {name}") for example in verb.examples[:1])
    command = verb_command(name, verb)
    assert {"as_json", "project"} <= {parameter.name for parameter in command.params}
    assert inspect.cleandoc(command.help or "")


def test_the_readme_names_only_verbs_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    named = {
        word
        for block in blocks
        for line in block.splitlines()
        if (found := re.match(r"podium ([a-z-]+(?: [a-z-]+)*)(?=\s|$)", line))
        for word in found[1].split()
    }
    known = {*program.list_commands(None), "podium"}  # type: ignore[arg-type]  # unused there
    assert {"init", "plan", "approve", "run", "land"} <= named
    assert not named - known - {"markdown", "bash"}, named - known
