"""Fixtures and settings for every part."""

import hypothesis
import pytest

from tests.support import torture
from tests.support.goldens import Goldens

# The same examples on every machine: a red test stays red until its cause is gone.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

# The ids of all tests that this session found, also of those that it does not run.
COLLECTED = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[COLLECTED] = [each.nodeid for each in items]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="write the generated files (docs, schemas, snapshots) anew instead of comparing them",
    )


def pytest_report_header() -> str:
    return f"torture: seed {torture.SEED}, time box {torture.MINUTES} minutes"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("torture") and torture.is_over():
        pytest.skip(f"the time box of {torture.MINUTES} minutes is used up")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def goldens(request: pytest.FixtureRequest) -> Goldens:
    return Goldens(update=bool(request.config.getoption("--update")))
