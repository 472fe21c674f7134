"""The command line and the table of operations agree."""

import inspect
import re
from pathlib import Path

import click
import pytest

from podium.operations.commands import COMMANDS
from podium.operations.table import OPERATION_IDS, load_operation
from podium_cli import commands
from podium_cli.builtin import BUILTIN
from podium_cli.commands import (
    FORMER_NAMES,
    HIDDEN,
    NAMES,
    PARTS,
    load_verb,
    simple,
    summaries,
)
from podium_cli.group import build_command, program
from podium_cli.parameters import click_parameters, former_parameter
from podium_cli.render import renderer
from tests.support.commands import podium
from tests.support.goldens import Goldens
from tests.support.projects import Project, task

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


_SUBCOMMANDS = [f"{name} {each}" for name in PARTS for each in PARTS[name]]
VERBS = {name: load_verb(name)[0] for name in (*NAMES, *_SUBCOMMANDS) if name not in BUILTIN}
ONLY_BY_OPERATION = {"task.show": "task", "run.preview": "run"}
"""`podium task ID` without a change shows the task; `podium run --dry-run` previews a run."""

FORMER_OPTIONS = [
    (name, flag, parameter)
    for name, verb in VERBS.items()
    for flag, parameter in verb.former_options.items()
]


def test_every_operation_is_reached_by_a_verb_and_every_verb_asks_one() -> None:
    reached = {verb.operation for verb in VERBS.values()} | set(ONLY_BY_OPERATION)
    assert reached == set(OPERATION_IDS)
    assert set(VERBS) >= DAILY
    assert set(BUILTIN) - set(NAMES) == set(HIDDEN)


def test_texts_name_the_commands_that_there_are() -> None:
    verbs = {verb.operation: name for name, verb in VERBS.items()} | ONLY_BY_OPERATION
    for operation, words in COMMANDS.items():
        assert f"{words} ".startswith(f"{verbs[operation.split()[0]]} "), operation


def test_a_command_is_defined_once() -> None:
    folder = Path(commands.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "builtin", "simple"}
    own = {name.replace("_", "-") for name in modules}
    places = [*own, *simple.VERBS, *BUILTIN]
    parts = [f"{name} {each}" for name in PARTS for each in PARTS[name]]
    assert sorted(places) == sorted([*NAMES, *HIDDEN, *parts])


def test_the_help_says_what_the_operations_say(goldens: Goldens) -> None:
    texts = {
        name: BUILTIN[name].get_short_help_str(90)
        if name in BUILTIN
        else load_operation(VERBS[name].operation).summary
        for name in NAMES
    }
    made = "".join(f"{name}: {text}\n" for name, text in texts.items())
    goldens.check(Path(commands.__file__).with_name("summaries.txt"), made)
    assert summaries() == texts


@pytest.mark.parametrize(("former", "name"), FORMER_NAMES.items())
def test_a_former_name_is_the_same_command_and_not_shown(former: str, name: str) -> None:
    context = click.Context(program)
    old, new = program.get_command(context, former), program.get_command(context, name)
    assert old is not None
    assert new is not None
    assert [each.opts for each in old.params] == [each.opts for each in new.params]
    assert old.help == new.help
    assert former not in program.get_help(context)


@pytest.mark.parametrize(("name", "flag", "parameter"), FORMER_OPTIONS)
def test_a_former_option_means_the_same_and_is_not_shown(
    project: Project, name: str, flag: str, parameter: str
) -> None:
    command = build_command(name, *load_verb(name))
    (present,) = next(each.opts for each in command.params if each.name == parameter)
    plan_id = project.ask("plan.create", objective="x", tasks=[task("a")]).plan.id

    answers = [podium(project.root, name, each, plan_id[:-1] + "!") for each in (flag, present)]

    assert answers[0] == answers[1]
    assert answers[0].returncode != 0
    assert flag not in command.get_help(click.Context(command))


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
    former = {former_parameter(flag) for flag in verb.former_options}
    assert offered - former == set(operation.params.model_fields) - verb.hidden_parameters
    assert verb.examples
    assert all(example.startswith(f"podium {name}") for example in verb.examples[:1])
    command = build_command(name, *load_verb(name))
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
