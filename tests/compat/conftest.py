"""The former program, installed, and an environment in which nothing of the machine is seen."""

from pathlib import Path

import pytest

from tests.support.former import Installation, build_present_wheel, install_former
from tests.support.projects import clean_environment, project
from tests.support.repositories import isolated_git

__all__ = ["clean_environment", "isolated_git", "project"]


@pytest.fixture(scope="session")
def former() -> Installation:
    """Return the former program; nobody changes it."""
    return install_former()


@pytest.fixture(scope="session")
def present_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this tree."""
    return build_present_wheel(tmp_path_factory.mktemp("present"))
