"""Fixtures of the MCP server's tests."""

import shutil
from pathlib import Path

import pytest

from tests.mcp_server.harness import ERAS, Era, make_project
from tests.support.repositories import isolated_git
from tests.support.warm import start_runner

__all__ = ["isolated_git"]


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    return request.param  # type: ignore[no-any-return] # pytest does not know its parameters' type


@pytest.fixture(autouse=True)
def quick_runners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let servers in this process start runners that need not be loaded."""
    monkeypatch.setattr("podium.app.opening.start_runner", start_runner)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the place of the one project that is made; the others are its copies."""
    return tmp_path_factory.mktemp("template") / "project"


@pytest.fixture
def project(
    isolated_git: Path, tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(isolated_git / ".state"))
    if not template.exists():
        make_project(template)
    return Path(shutil.copytree(template, tmp_path / "project", symlinks=True))
