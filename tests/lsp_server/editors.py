"""Real Neovims for tests, with our plugin in them and a session to carry out."""

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
    """Let a session begin in a Neovim without a screen.

    Args:
        folder: where it is started.
        session: the Lua file's name.
        plugin: what is on the runtime path; None for nothing of ours.
        variables: more for its environment.
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
    """Wait for a session's end and return what it said, by name; of equal names the last."""
    try:
        out, errors = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
    start = out.find("[")
    assert start >= 0, out + errors
    return {row["name"]: row["value"] for row in json.loads(out[start:])}


def work_in_neovim(project: Project, session: str, **variables: str) -> dict[str, Any]:
    """Carry a session out in a project and return what it saw, by name."""
    root = project.root
    return what_it_saw(
        start_neovim(root, session, plugin=PLUGIN, PODIUM_PROJECT=str(root), **variables)
    )
