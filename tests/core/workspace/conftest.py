"""Every test of this folder uses real git, cut off from the machine's settings."""

from pathlib import Path

import pytest

from tests.support.repositories import isolated_git, make_repository

__all__ = ["isolated_git"]


@pytest.fixture(autouse=True)
def _isolated(isolated_git: Path) -> None:
    """Isolate every test, whether it asks for it or not."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a few files, one of them ignored."""
    files = {"a.txt": "a\n", "b.txt": "b\n", "src/c.py": "c = 1\n", ".gitignore": "*.log\nbuild/\n"}
    return make_repository(tmp_path / "project", files)
