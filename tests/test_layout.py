"""The parts are folders, the packages in them are what is shipped, and all of it is shipped."""

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import podium
from podium.ports.agent import ENTRY_POINT_GROUP, LISTS_GROUP, AgentList
from tests.support.goldens import ROOT

PACKAGES = {
    "podium": "core",
    "podium_cli": "core",
    "podium_lsp": "lsp_server",
    "podium_mcp": "mcp_server",
    "podium_http": "http",
    "podium_adapters": "adapters",
}
PARTS = {*PACKAGES.values(), "editors"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_is_a_folder_and_not_a_package(part: str) -> None:
    assert not (ROOT / part / "__init__.py").exists()


@pytest.mark.parametrize(("package", "part"), PACKAGES.items())
def test_every_package_lies_in_its_part(package: str, part: str) -> None:
    assert (ROOT / part / package / "__init__.py").is_file()


def test_a_part_holds_no_other_package() -> None:
    found = {path.parent.name for part in PARTS for path in (ROOT / part).glob("*/__init__.py")}
    assert found == set(PACKAGES)


def test_the_wheel_ships_every_file_of_the_packages_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == {
        str(path.relative_to(ROOT / part))
        for package, part in PACKAGES.items()
        for path in (ROOT / part / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "podium/py.typed" in shipped
    assert wheel.testzip() is None


def test_the_wheel_carries_the_licence_and_the_version_of_the_code(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith("dist-info/METADATA"))
    lines = wheel.read(metadata).decode().splitlines()
    assert f"Version: {podium.__version__}" in lines
    assert "License-Expression: Apache-2.0" in lines
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def entry_points(wheel: zipfile.ZipFile) -> list[EntryPoint]:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    group, found = "", list[EntryPoint]()
    for line in wheel.read(name).decode().splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line:
            key, _, value = line.partition(" = ")
            found.append(EntryPoint(name=key, value=value, group=group))
    return found


@pytest.mark.promise("G10")
def test_the_command_and_the_agents_are_found_by_their_entry_points(wheel: zipfile.ZipFile) -> None:
    points = entry_points(wheel)
    assert [each.name for each in points if each.group == "console_scripts"] == ["podium"]
    assert all(callable(each.load()) for each in points if each.group == "console_scripts")
    agents = {each.name: each.load() for each in points if each.group == ENTRY_POINT_GROUP}
    for each in points:
        if each.group == LISTS_GROUP:
            found: AgentList = each.load()
            agents |= {name: found.load(name) for name in found.names()}
    assert agents.keys() >= {"playbook", "gemini", "copilot", "opencode", "acp"}
    for name, agent in agents.items():
        assert agent.describe().name == name


def test_installed_from_its_wheel_no_part_name_can_be_imported(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    wheel.extractall(tmp_path)
    tops = {path.name for path in tmp_path.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == set(PACKAGES)
    assert not tops & PARTS


FACES = ("podium_cli", "podium_lsp", "podium_mcp")


def store_accesses(code: str) -> list[int]:
    """Return the lines of a module that reach for an object's store."""
    nodes = ast.walk(ast.parse(code))
    return [each.lineno for each in nodes if isinstance(each, ast.Attribute) and each.attr in STORE]


STORE = ("store", "_store")


@pytest.mark.parametrize("face", FACES)
def test_a_face_reads_and_writes_only_through_operations(face: str) -> None:
    # Import contracts keep `podium.store` and `podium.entities` out; an engine has the store too.
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sorted((ROOT / PACKAGES[face]).rglob(f"{face}/**/*.py"))
        if (lines := store_accesses(path.read_text()))
    }
    assert found == {}


def test_the_store_of_an_engine_is_seen() -> None:
    assert store_accesses("import a.store\nx = 1\nengine.store.get(x)\n") == [3]
