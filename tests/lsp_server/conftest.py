"""Fixtures of the language server's tests."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from podium.running.trust import trust
from podium_cli.asking import AGENT_MARKS
from tests.support.projects import SAMPLE, Project, clean_environment
from tests.support.repositories import git, isolated_git, make_repository

__all__ = ["clean_environment", "isolated_git"]


@pytest.fixture
def project(shared_template: Path, clean_environment: Path, tmp_path: Path) -> Iterator[Project]:
    """Give a fresh project, copied from one that was made once."""
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
    """Make the project that others are copied from; the environment is as before afterwards."""
    making = _made(tmp_path_factory)
    made = next(making)
    made.close()
    making.close()
    return made.root


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Give one project to all tests of a module that leave it as it is."""
    yield from _made(tmp_path_factory)


def _made(tmp_path_factory: pytest.TempPathFactory) -> Generator[Project, None, None]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("GIT_", "XDG_", "PODIUM_")) or name in AGENT_MARKS:
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for name, folder in (("CACHE", ".cache"), ("CONFIG", ".config"), ("STATE", ".state")):
            patch.setenv(f"XDG_{name}_HOME", str(home / folder))
        git(home, "config", "--global", "user.name", "Ada")
        git(home, "config", "--global", "user.email", "ada@example.org")
        made = Project(make_repository(tmp_path_factory.mktemp("shared") / "app", SAMPLE))
        made.ask("project.init")
        yield made
        made.close()
