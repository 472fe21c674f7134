"""A real Neovim with our plugin, a real server and a real run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.model import layout
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from tests.support.goldens import ROOT
from tests.support.projects import Project, task, write

NVIM = ROOT / ".cache" / "neovim" / "bin" / "nvim"
SESSION = ROOT / "tests" / "lsp_server" / "neovim" / "session.lua"
PLUGIN = ROOT / "editors" / "neovim"
TIMEOUT = 120

pytestmark = pytest.mark.skipif(
    not NVIM.exists(), reason="no Neovim in .cache/neovim; tests/support/install_neovim.sh gets one"
)


def put_suggestion(project: Project) -> None:
    place = Range(start=Position(line=5, column=12), end=Position(line=5, column=19))
    finding = Finding(
        id="f-000001",
        path="app.py",
        range=place,
        severity=Severity.WARNING,
        category="lint.word",
        message="too long",
        suggested_edit=SuggestedEdit(range=place, text='"hi"'),
        said_by="gate:lint",
        snippet='    return "hello"',
    )
    project.engine.store.transact(lambda tx: tx.put(layout.finding(finding.id), finding))


def work_in_neovim(project: Project) -> dict[str, Any]:
    """Let the session run in Neovim and return what it saw, by name."""
    command = [
        str(NVIM),
        "--clean",
        "--headless",
        "--cmd",
        f"set rtp^={PLUGIN}",
        "-c",
        f"luafile {SESSION}",
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=project.root,
        env={**os.environ, "PATH": path, "PODIUM_PROJECT": str(project.root)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    start = done.stdout.find("[")
    assert start >= 0, done.stdout + done.stderr
    rows = json.loads(done.stdout[start:])
    return {row["name"]: row["value"] for row in rows}


@pytest.mark.promise("L6", "L1", "L2")
def test_a_persons_day_in_neovim(project: Project) -> None:
    put_suggestion(project)
    script = {"t1": [[write("one.txt", "1\n")]]}
    project.ask(
        "plan.create",
        objective="Write a file",
        tasks=[task("t1")],
        agent="playbook",
        options={"playbook": str(project.write_playbook(script))},
    )
    saw = work_in_neovim(project)
    assert "failed" not in saw, saw["failed"]
    assert saw["encoding"] == "utf-8"
    assert saw["early"] == [[4, 11, "too long", "lint.word", "podium"]]
    assert [row[2] for row in saw["after the edit"]] == ["late"]
    assert saw["syntax"] == "syntax.unclosed"
    assert saw["complete noun"] == ["plan"]
    assert saw["complete verb"] == ["approve"]
    assert "Approve plan" in saw["asked"]
    assert saw["approved"] == "approved"
    assert saw["run"] == "completed"
    assert "There is no plan 'p-nosuch'" in saw["refused"]
    assert saw["opened"] is True
    assert saw["lenses"] == ["done, 1 of 1 done", "Land", "Read", "Show report"]
    assert saw["completion"] is True
    assert "server 0" in saw["health"]
    assert "ERROR" not in saw["health"]
    assert project.ask("finding.show", finding="f-000001").status == "fixed"
    assert "hello" in (project.root / "app.py").read_text(), "nothing was saved unasked"
