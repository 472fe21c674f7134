"""The VS Code extension says nothing of its own where the table of operations already says it."""

import json
import re
from typing import Any

import pytest

import podium
from podium.operations.table import OPERATION_IDS, load_operation
from podium_lsp.commands.names import OWN
from tests.editors import manifest
from tests.support.goldens import ROOT, Goldens

EXTENSION = ROOT / "editors" / "vscode"
PACKAGE = EXTENSION / "package.json"


@pytest.fixture
def package() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PACKAGE.read_text())
    return found


@pytest.mark.promise("L6", "L3.commands")
def test_the_manifest_is_in_step_with_operations_settings_and_version(goldens: Goldens) -> None:
    made = manifest.completed(json.loads(PACKAGE.read_text()))
    goldens.check(PACKAGE, json.dumps(made, indent=2, ensure_ascii=False) + "\n")


@pytest.mark.promise("L6")
def test_the_palette_offers_every_operation_that_a_person_uses() -> None:
    offered = {row["command"] for row in manifest.commands()}
    left_out = {f"podium.{each}" for each in manifest.NOT_IN_THE_PALETTE}
    assert offered - set(manifest.EXTENSION_ONLY) | left_out == {
        f"podium.{i}" for i in OPERATION_IDS
    }
    assert not offered & left_out
    titles = [row["title"] for row in manifest.commands()]
    assert len(set(titles)) == len(titles)
    assert set(manifest.NOT_IN_THE_PALETTE) <= set(OPERATION_IDS), "an excuse that nothing needs"


def test_no_command_of_the_extension_takes_a_name_of_the_server() -> None:
    assert not set(manifest.EXTENSION_ONLY) & {*OWN, *(f"podium.{i}" for i in OPERATION_IDS)}


def test_menus_and_texts_name_only_commands_that_exist(package: dict[str, Any]) -> None:
    named = manifest.used(package)
    ours = {each for each in named if each.startswith("podium.")}
    assert "podium.plan.approve" in ours
    assert not ours - manifest.known() - {"podium.plans.focus"}


def test_the_source_names_only_commands_that_exist() -> None:
    named = {
        found
        for path in sorted((EXTENSION / "src").glob("*.ts"))
        for found in re.findall(r"'(podium\.[a-zA-Z]+(?:\.[a-zA-Z]+)?)'", path.read_text())
    }
    not_commands = {
        "podium.mcp",
        "podium.plans",
        "podium.path",
        "podium.phase",
        "podium.hasProject",
    }
    assert not named - manifest.known() - not_commands - {"podium.plans.focus"}
    assert not_commands <= named, "an excuse that nothing needs"


@pytest.mark.promise("X5")
def test_an_untrusted_workspace_runs_nothing(package: dict[str, Any]) -> None:
    trust = package["capabilities"]["untrustedWorkspaces"]
    assert trust["supported"] == "limited"
    assert trust["restrictedConfigurations"] == ["podium.path"]
    properties = package["contributes"]["configuration"]["properties"]
    assert properties["podium.path"]["scope"] == "machine", "a repository cannot set it at all"
    for row in package["contributes"]["commands"]:
        if row["command"] not in manifest.IN_UNTRUSTED:
            assert row["enablement"] == "isWorkspaceTrusted"


def test_icons_and_pictures_are_there(package: dict[str, Any]) -> None:
    containers = package["contributes"]["viewsContainers"]["activitybar"]
    pictures = [package["icon"], *(each["icon"] for each in containers)]
    for walk in package["contributes"]["walkthroughs"]:
        for step in walk["steps"]:
            pictures += [v for k, v in step["media"].items() if k != "altText"]
    assert [each for each in pictures if not (EXTENSION / each).is_file()] == []


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text())
    assert not [name for name, row in lock["packages"].items() if "resolved" in row]
    assert all("integrity" in row for name, row in lock["packages"].items() if name)
    assert lock["version"] == podium.__version__


def test_nothing_is_needed_at_run_time(package: dict[str, Any]) -> None:
    assert "dependencies" not in package, "everything is bundled"
    for operation_id in manifest.palette():
        assert load_operation(operation_id).id == operation_id
