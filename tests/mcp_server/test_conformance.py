"""The public conformance suite and the inspector's lint, over the product's own transports.

`make conformance` installs both from npm and runs this.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mcp_server.wire import PODIUM
from tests.support.goldens import ROOT
from tests.support.mcp_tools import tool_command

pytestmark = pytest.mark.torture

TASK_SCENARIOS = 10


def command_of(name: str) -> list[str]:
    command = tool_command(name)
    if command is None:
        pytest.skip(f"{name} is not installed: python -m tests.support.mcp_tools {name}")
    return command


@pytest.fixture
def address(project: Path) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.mcp_server.conformance_server", project],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.promise("M3.http", "M3.current", "M3.older")
@pytest.mark.parametrize(
    ("revision", "at_least", "with_tasks"), [("2026-07-28", 180, True), ("2025-11-25", 80, False)]
)
def test_the_server_conforms_to_every_requirement_of_the_revision(
    address: str, tmp_path: Path, revision: str, at_least: int, *, with_tasks: bool
) -> None:
    done = subprocess.run(
        [
            *(*command_of("conformance"), "server", "--url", address),
            *("--requirements", revision, "-o", str(tmp_path / "out")),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-4000:]
    total = re.search(r"Total: (\d+) passed, 0 failed", told)
    assert total is not None, "what is not scored is met too"
    assert int(total[1]) >= at_least
    tasks = re.findall(r"✓ tasks-[a-z-]+ \(extension\)", told)
    assert len(tasks) == (TASK_SCENARIOS if with_tasks else 0), told[-2000:]


@pytest.mark.promise("M1")
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_nothing_wrong_with_the_schemas(project: Path, era: str) -> None:
    node = command_of("node22")[0]
    path = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [
            *(*command_of("inspector"), "--cli", str(PODIUM), "mcp", "--tools", "all"),
            *("--protocol-era", era, "--method", "tools/list", "--strict"),
        ],
        cwd=project,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-3000:]
    assert '"plan_create"' in done.stdout
    assert "warning" not in done.stderr.lower(), done.stderr[-3000:]
