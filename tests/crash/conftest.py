"""Kills, on real projects."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from podium.model.config import Config
from podium.projects.trust import trust
from tests.support.projects import Project, clean_environment, project
from tests.support.repositories import copy_repository, isolated_git

__all__ = ["clean_environment", "fresh_project", "isolated_git", "project"]


@pytest.fixture
def fresh_project(
    project: Project, project_template: Path, tmp_path: Path
) -> Iterator[Callable[[], Project]]:
    """Return a function that gives another fresh project each time."""
    del project  # its fixture has made the template
    made: list[Project] = []

    def make() -> Project:
        root = copy_repository(project_template, tmp_path / str(len(made)) / "app")
        trust(root, Config())
        made.append(Project(root))
        return made[-1]

    yield make
    for each in made:
        each.close()
