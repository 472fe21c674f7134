"""The whole road, on real projects."""

from tests.support.projects import clean_environment, project
from tests.support.repositories import isolated_git
from tests.support.runners import runners

__all__ = ["clean_environment", "isolated_git", "project", "runners"]
