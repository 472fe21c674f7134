"""Runs scripted sessions in a real Neovim with our plugin."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.goldens import ROOT
from tests.support.projects import Project

NVIM = ROOT / ".cache" / "neovim" / "bin" / "nvim"
SESSIONS = ROOT / "tests" / "lsp_server" / "neovim"
PLUGIN = ROOT / "editors" / "neovim"
TIMEOUT = 600

needs_neovim = pytest.mark.skipif(
    not NVIM.exists(),
    reason="no Neovim in .cache/neovim: tests/support/install_neovim.sh gets one where apt can",
)


def start_neovim(
    folder: Path, session: str, *, plugin: Path | None = PLUGIN, **variables: str
) -> "subprocess.Popen[str]":
    """Start a session in a headless Neovim.

    Args:
        folder: the working directory.
        session: the name of the Lua file.
        plugin: the folder to add to the runtime path, or None.
        variables: additional environment variables.
    """
    path = ["--cmd", f"set rtp^={plugin}"] if plugin is not None else []
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [str(NVIM), "--clean", "--headless", *path, "-c", f"luafile {SESSIONS / session}"],
        cwd=folder,
        env={**os.environ, "PATH": programs, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def what_it_saw(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Wait for a session to end and return its reported values, by name."""
    try:
        out, errors = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
    start = out.find("[")
    assert start >= 0, out + errors
    return {row["name"]: row["value"] for row in json.loads(out[start:])}


def work_in_neovim(project: Project, session: str, **variables: str) -> dict[str, Any]:
    """Run a session in a project and return its reported values, by name."""
    root = project.root
    return what_it_saw(
        start_neovim(root, session, plugin=PLUGIN, PODIUM_PROJECT=str(root), **variables)
    )
