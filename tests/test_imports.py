"""The import budget: what a command must not load, so that it answers at once.

It looks at which modules are loaded, never at a clock.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import Project, clean_environment, project, task
from tests.support.repositories import isolated_git

__all__ = ["clean_environment", "isolated_git", "project"]

PODIUM = Path(sys.executable).with_name("podium")

WIRES = ("mcp", "mcp_types", "pygls", "lsprotocol", "acp", "podium_lsp", "podium_mcp")
MODELS = ("pydantic_ai", "openai", "anthropic", "google")
HEAVY = (*MODELS, "tree_sitter", "watchfiles", "structlog", "markdown_it")

# Command line to the modules that it must not load.
BUDGET = {
    "--version": ("pydantic", "rich", "anyio", "asyncio", "ruamel", "podium.model", *WIRES, *HEAVY),
    "--help": (
        "pydantic",
        "rich",
        "anyio",
        "asyncio",
        "ruamel",
        "podium.app",
        "podium.model",
        "podium.operations",
        *WIRES,
        *HEAVY,
    ),
    "tasks": (
        "rich.markdown",
        "podium.dialogue",
        "podium.workspace.repository",
        "podium.syntax",
        *WIRES,
        *HEAVY,
    ),
}


def loaded_by(arguments: str, folder: Path) -> set[str]:
    """Return the names of all modules that `podium <arguments>` imports."""
    done = subprocess.run(
        [PODIUM, *arguments.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {row.rsplit("|", 1)[-1].strip() for row in rows}


@pytest.mark.parametrize(("arguments", "forbidden"), BUDGET.items())
def test_a_command_loads_no_more_than_it_needs(
    arguments: str, forbidden: tuple[str, ...], project: Project
) -> None:
    project.ask("plan.create", objective="x", tasks=[task("a")])
    loaded = loaded_by(arguments, project.root)
    assert "podium_cli.main" in loaded, "the list of modules is not what it should be"
    excess = sorted(
        name for name in loaded for module in forbidden if f"{name}.".startswith(f"{module}.")
    )
    assert not excess, f"`podium {arguments}` loads {', '.join(excess[:8])}"


# What a list that was kept must not load: the engine and everything that is slow to import.
KEPT = (
    "pydantic",
    "pydantic_core",
    "click",
    "rich.console",
    "rich.table",
    "anyio",
    "asyncio",
    "ruamel",
    "psutil",
    "podium.app.connection",
    "podium.entities",
    "podium.model.base",
    "podium.operations.operation",
    "podium.operations.table",
    "podium.store.store",
    *WIRES,
    *HEAVY,
)


@pytest.mark.parametrize("arguments", ["tasks", "tasks --json", "tasks state:pending --limit 5"])
def test_a_list_that_was_kept_loads_no_engine(arguments: str, project: Project) -> None:
    project.ask("plan.create", objective="x", tasks=[task("a", title="Ünïcode 界")])
    project.close()
    assert "pydantic" in loaded_by(arguments, project.root), "the first list is the engine's"
    loaded = loaded_by(arguments, project.root)
    assert "podium_cli.kept_list" in loaded, "the list of modules is not what it should be"
    excess = sorted(name for name in loaded for each in KEPT if f"{name}.".startswith(f"{each}."))
    assert not excess, f"`podium {arguments}` loads {', '.join(excess[:8])}"


def test_a_new_runner_is_seen_before_it_has_loaded_the_engine() -> None:
    code = "import sys, podium.runs.runner_lock; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "podium.runs.runner_lock" in loaded
    assert not {"pydantic", "anyio", "asyncio", "podium.app", "podium.store"} & loaded
