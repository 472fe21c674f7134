"""An agent with two ways: a fork server imports what its calls will need, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from podium.agents.registry import preload_agent
assert preload_agent("claude")
print("acp" in sys.modules, "podium_adapters.headless.claude" in sys.modules)
"""


@pytest.mark.parametrize("has_adapter", [True, False])
def test_the_protocol_of_an_adapter_is_imported_once_where_the_adapter_is(
    tmp_path: Path, *, has_adapter: bool
) -> None:
    if has_adapter:
        program = tmp_path / "claude-agent-acp"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(has_adapter), "True"]
