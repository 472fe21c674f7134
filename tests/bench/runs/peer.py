"""The same chain with parallel-orchestra from PyPI, which merges only at the end of its run."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.support.repositories import make_repository

PROGRAM = "parallel-orchestra"

# It stands in for `claude`: one process that writes the file that its prompt names.
_AGENT = """#!{python} -IS
import sys
name = " ".join(sys.argv).partition("NOOP-")[2].split()[0]
open(f"{{name}}.txt", "w").write("x")
print('{{"type":"result","subtype":"success","is_error":false,"result":"done"}}')
"""


def peer_task_cost(place: Path, program: str, few: int = 2, many: int = 12) -> float | None:
    """Return the seconds of one more task in a chain; None if the program is not installed."""
    found = shutil.which(program)
    if found is None:
        return None
    less, more = (_chain(place / f"peer-{count}", found, count) for count in (few, many))
    return (more - less) / (many - few)


def _chain(place: Path, program: str, count: int) -> float:
    root = make_repository(place / "app", {"README.md": "# app\n", ".claude/x": ""})
    agent = place / "claude"
    agent.write_text(_AGENT.format(python=sys.executable))
    agent.chmod(0o755)
    plan = root / "plan.md"
    plan.write_text(_manifest(count))
    command = [program, "run", "--max-workers", "1", "--claude-exe", str(agent), "--quiet"]
    began = time.perf_counter()
    subprocess.run(
        [*command, "--no-log", "--no-dashboard", str(plan)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - began


def _manifest(count: int) -> str:
    lines = ["---", 'po_plan_version: "0.1"', 'name: "chain"', 'cwd: "."', "tasks:"]
    for number in range(count):
        lines += [
            f"  - id: t{number}",
            "    agent: developer",
            "    read_only: false",
            f"    prompt: NOOP-t{number}",
            *([f"    depends_on: [t{number - 1}]"] if number else []),
        ]
    return "\n".join([*lines, "---", ""])
