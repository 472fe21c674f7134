"""Pages and pictures that are made from the code are the ones that are kept."""

import re
import tempfile
from pathlib import Path

import pytest

from podium.app.settings import ENVIRONMENT
from podium.model.agents import Budget, CallBudget
from tests.docs import cli_page, configuration_page, diagrams
from tests.docs.pictures import pictures
from tests.support.goldens import ROOT, Goldens

DOCS = ROOT / "docs"


def test_the_command_reference_is_the_command_line(goldens: Goldens) -> None:
    goldens.check(DOCS / "cli.md", cli_page.page())


def test_the_page_of_settings_is_the_model(goldens: Goldens) -> None:
    goldens.check(DOCS / "configuration.md", configuration_page.page())


def test_every_setting_is_explained() -> None:
    assert [each.name for each in configuration_page.settings() if not each.meaning] == []


_BUDGETS = (
    *(("call", each) for each in CallBudget.model_fields),
    *((scope, each) for scope in ("task", "run", "day") for each in Budget.model_fields),
)


def test_the_settings_that_need_trust_are_the_commands_and_the_agents() -> None:
    trusted = {each.name for each in configuration_page.settings() if each.trusted}
    assert trusted == {
        *("agents.default", "agents.roles", "agents.options", "agents.dispatcher"),
        *("gates.test", "gates.commands", "gates.setup", "audit.tools"),
        *("worktree.copy_ignored", "worktree.link_ignored", "worktree.teardown"),
        *("sandbox.mode", "sandbox.network", "sandbox.writable", "sandbox.hidden"),
        *("sandbox.tool", "sandbox.image"),
        *("sandbox.memory_megabytes", "sandbox.processor_seconds"),
        *(f"budget.{scope}.{measure}" for scope, measure in _BUDGETS),
        *("budget.warn_at", "budget.billing"),
        "run.doubts",
    }


def test_every_variable_is_on_the_page_of_settings() -> None:
    shown = {each.variable for each in configuration_page.settings()} - {""}
    assert shown == set(ENVIRONMENT)


def test_the_pictures_of_a_terminal_are_what_the_program_prints(
    clean_environment: Path, goldens: Goldens
) -> None:
    del clean_environment
    # Its path is printed: the same length everywhere keeps the lines where they are.
    with tempfile.TemporaryDirectory(prefix="podium-", dir="/tmp") as folder:
        for name, made in pictures(Path(folder)).items():
            goldens.check(DOCS / "images" / f"{name}.svg", made)


@pytest.mark.parametrize("name", diagrams.DIAGRAMS)
def test_a_diagram_is_what_the_contracts_say(name: str, goldens: Goldens) -> None:
    goldens.check(DOCS / "images" / f"{name}.svg", diagrams.DIAGRAMS[name]())


def test_no_picture_fetches_anything() -> None:
    for path in (DOCS / "images").glob("*.svg"):
        assert re.findall(r"(?:url\(|href=.)\s*[\"']?https?:", path.read_text()) == [], path.name
