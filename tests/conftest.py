"""Fixtures and settings for every part."""

import compileall
import gc
import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import busy, forks, torture
from tests.support.goldens import ROOT, Goldens

# pytest's own rewritten test modules are kept too: each worker would parse all of them again.
sys.dont_write_bytecode = False

# The same examples on every machine: a red test stays red until its cause is gone.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

# Above 1,024, `select` fails in whatever test comes next.
_MOST_DESCRIPTORS = 256

# An eighth of the processor time of tests that write many small files goes to a disk's file system.
_MEMORY = Path("/dev/shm")
_ROOM_IN_MEMORY = 4 * 2**30
_PLACE_VARIABLE = "PYTEST_DEBUG_TEMPROOT"

# The ids of all tests that this session found, also of those that it does not run.
COLLECTED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    forks.install()
    _use_memory()
    if not hasattr(config, "workerinput"):
        _compile_sources()
    busy.configure(config)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage meanwhile: nearly everything that is loaded and collected is kept."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Keep what was loaded out of garbage collection: it lives as long as the process."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[COLLECTED] = [each.nodeid for each in items]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="write the generated files (docs, schemas, snapshots) anew instead of comparing them",
    )
    busy.add_options(parser)


def pytest_report_header() -> str:
    return f"torture: seed {torture.SEED}, time box {torture.MINUTES} minutes"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("torture") and torture.is_over():
        pytest.skip(f"the time box of {torture.MINUTES} minutes is used up")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Fail the test that leaks descriptors, not one that comes later."""
    held = len(os.listdir("/dev/fd"))
    if held > _MOST_DESCRIPTORS:
        pytest.fail(f"the test process holds {held} open descriptors: something is not closed")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def project_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the place of the one project that is made; `project` gives copies of it."""
    return tmp_path_factory.mktemp("template") / "app"


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return the test's folder: on the disk where a sandbox is, which does not show `/dev/shm`."""
    on_disk = any(map(request.node.get_closest_marker, ("agents", "on_disk")))
    if not on_disk or not tmp_path.is_relative_to(_MEMORY):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@pytest.fixture
def started_processes() -> Iterator[None]:
    """Start a new interpreter for every process, where a fork of this one would not do."""
    with forks.really_started():
        yield


@pytest.fixture
def goldens(request: pytest.FixtureRequest) -> Goldens:
    return Goldens(update=bool(request.config.getoption("--update")))


def _use_memory() -> None:
    """Let the tests' folders be in memory if there is room, unless the variable names a place."""
    if _PLACE_VARIABLE in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    found = os.statvfs(_MEMORY)
    # Some tests put programs of their own into their folders.
    is_executable = not found.f_flag & os.ST_NOEXEC
    if is_executable and found.f_bavail * found.f_frsize >= _ROOM_IN_MEMORY:
        os.environ[_PLACE_VARIABLE] = str(_MEMORY)


def _compile_sources() -> None:
    """Compile this tree once for the processes that tests start, a thousand and more.

    Where PYTHONDONTWRITEBYTECODE is set, each of them would compile all that it imports. They
    read what is there all the same. In a checkout that cannot be written nothing is kept.
    """
    for part in ("core", "lsp_server", "mcp_server", "http", "adapters"):
        compileall.compile_dir(ROOT / part, quiet=2)
