"""Fixtures of the language server's tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.projects.trust import trust
from tests.support.projects import Project, clean_environment, lasting_project
from tests.support.repositories import isolated_git

__all__ = ["clean_environment", "isolated_git"]


@pytest.fixture
def project(shared_template: Path, clean_environment: Path, tmp_path: Path) -> Iterator[Project]:
    """Provide a new project, copied from a shared template."""
    del clean_environment
    root = tmp_path / "app"
    shutil.copytree(shared_template, root, symlinks=True)
    made = Project(root)
    trust(root, made.engine.config.config)
    made.reopen()
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create the template project, without changing the environment."""
    making = lasting_project(tmp_path_factory)
    made = next(making)
    made.close()
    making.close()
    return made.root


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Provide one project for all tests of a module that do not change it."""
    yield from lasting_project(tmp_path_factory)
