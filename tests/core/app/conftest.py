"""The app is tried on real projects and real processes."""

from tests.support.projects import clean_environment, project
from tests.support.repositories import isolated_git

__all__ = ["clean_environment", "isolated_git", "project"]
