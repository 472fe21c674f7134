"""How the extension is packed, without node: bytes that depend on nothing else than content."""

import importlib.util
import io
import json
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support import editor_tools
from tests.support.goldens import ROOT

SCHEMA = "{http://schemas.microsoft.com/developer/vsx-schema/2011}"


@pytest.fixture(scope="module")
def build_vsix() -> ModuleType:
    path = ROOT / "scripts" / "build_vsix.py"
    spec = importlib.util.spec_from_file_location("build_vsix", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    text = (ROOT / "editors" / "vscode" / "package.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


FILES = {
    "dist/extension.js": b"// bundled",
    "package.json": b"{}",
    "README.md": b"# Podium",
    "LICENSE.txt": b"Apache",
    "media/icon.png": b"\x89PNG",
    "wheel/podium-0.1.0-py3-none-any.whl": b"PK",
}


@pytest.mark.promise("L6")
def test_the_same_content_makes_the_same_bytes(
    build_vsix: ModuleType, manifest: dict[str, Any]
) -> None:
    backwards = dict(reversed(FILES.items()))
    made = build_vsix.packed(manifest, FILES)
    assert made == build_vsix.packed(manifest, backwards)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        rows = archive.infolist()
        assert {row.date_time for row in rows} == {(1980, 1, 1, 0, 0, 0)}
        assert {row.compress_type for row in rows} == {zipfile.ZIP_STORED}
        assert archive.read("extension/dist/extension.js") == b"// bundled"
    assert made != build_vsix.packed(manifest, FILES | {"README.md": b"# Other"})


def test_what_vscode_reads_first_is_well_formed_and_names_what_is_there(
    build_vsix: ModuleType, manifest: dict[str, Any]
) -> None:
    awkward = manifest | {"description": 'a < b & "c"'}
    with zipfile.ZipFile(io.BytesIO(build_vsix.packed(awkward, FILES))) as archive:
        told = ElementTree.fromstring(archive.read("extension.vsixmanifest"))
        types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
        names = set(archive.namelist())
    identity = told.find(f".//{SCHEMA}Identity")
    assert identity is not None
    assert identity.get("Version") == manifest["version"]
    assert told.findtext(f".//{SCHEMA}Description") == 'a < b & "c"'
    assert {each.get("Path") for each in told.iter(f"{SCHEMA}Asset")} <= names
    assert {each.get("Extension") for each in types} >= {Path(name).suffix for name in FILES}


@pytest.mark.parametrize(
    ("there", "hint"), [((), "apt install npm"), (("npm",), "apt install chromium")]
)
def test_what_is_missing_is_said_with_what_to_do(
    there: tuple[str, ...],
    hint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in there:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PODIUM_TEST_CHROMIUM", raising=False)
    assert editor_tools.main([]) == 1
    assert hint in capsys.readouterr().err


def test_a_build_without_node_says_what_to_install(
    build_vsix: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_vsix.main() == 1
    assert "apt install nodejs npm" in capsys.readouterr().err
