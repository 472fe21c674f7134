"""A real Neovim with our plugin, a real server and a real run."""

from pathlib import Path

import pytest

from podium.model import layout
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from tests.lsp_server.editors import (
    PLUGIN,
    needs_neovim,
    start_neovim,
    what_it_saw,
    work_in_neovim,
)
from tests.support.projects import Project, task, write
from tests.support.repositories import make_repository

pytestmark = needs_neovim


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
        snippet='return "hello"',
    )
    project.engine.store.transact(lambda tx: tx.put(layout.finding(finding.id), finding))


def put_plan(project: Project, objective: str) -> None:
    script = {"t1": [[write("one.txt", "1\n")]], "t2": [[write("two.txt", "2\n")]]}
    project.ask(
        "plan.create",
        objective=objective,
        tasks=[task("t1"), task("t2", "t1")],
        agent="playbook",
        options={"playbook": str(project.write_playbook(script))},
    )


@pytest.mark.promise("L6", "L1.open", "L1.edits", "L2", "L3.commands", "L3.approval")
def test_a_persons_day_in_neovim(project: Project) -> None:
    put_suggestion(project)
    put_plan(project, "Another thing")
    put_plan(project, "Write a file")
    saw = work_in_neovim(project, "session.lua", PODIUM_MEND=str(project.root.parent / "mend.yaml"))
    assert "failed" not in saw, "\n".join(f"{k}: {v}" for k, v in saw.items())
    assert saw["encoding"] == "utf-8"
    assert saw["early"] == [[4, 11, "too long", "lint.word", "podium"]]
    assert [row[2] for row in saw["after the edit"]] == ["late"]
    assert saw["syntax"] == "syntax.unclosed"
    assert saw["mended"] is True
    assert "Podium: fix late" in saw["confirmed"] or "Apply all changes" in saw["confirmed"]
    assert saw["mended text"] == '    return "good day"'
    assert saw["unsaved"] is True
    assert saw["at work"] == 0
    assert saw["complete noun"] == ["plan"]
    assert saw["complete verb"] == ["approve"]
    assert saw["complete plan"] == 2
    assert "Approve plan" in saw["asked"]
    assert saw["run"] == "completed"
    assert "There is no plan 'p-nosuch'" in saw["refused"]
    assert saw["opened"] is True
    assert saw["lenses"] == ["done, 2 of 2 done", "Land", "Read", "Show report"]
    assert "t1" in saw["completion"]
    assert "server 0" in saw["health"]
    assert "ERROR" not in saw["health"]
    assert project.ask("finding.show", finding="f-000001").status == "fixed"


@pytest.mark.promise("L6")
def test_the_plugin_is_installed_by_neovims_own_manager(project: Project, tmp_path: Path) -> None:
    files = {
        f"editors/neovim/{path.relative_to(PLUGIN)}": path.read_bytes()
        for path in PLUGIN.rglob("*")
        if path.is_file()
    }
    origin = make_repository(tmp_path / "origin", files)
    saw = what_it_saw(
        start_neovim(
            project.root,
            "pack.lua",
            plugin=None,
            PODIUM_ORIGIN=origin.as_uri(),
            PODIUM_PROJECT=str(project.root),
            XDG_DATA_HOME=str(tmp_path / "data"),
        )
    )
    assert saw == {"command": 2, "attached": True, "help": "podium.txt"}


@pytest.mark.promise("U1.titles", "U1.kept", "L3.missing")
def test_what_was_typed_for_a_command_that_failed_is_offered_again(project: Project) -> None:
    put_plan(project, "Another thing")
    put_plan(project, "Write a file")
    saw = work_in_neovim(project, "kept.lua")
    assert "failed" not in saw, saw["failed"]
    assert "There is no plan 'p-nosuch'" in saw["plan reject p-nosuch"]
    assert saw["plan reject"] == "Podium: plan.reject: rejected"
    # Once it has succeeded, the next one begins anew.
    assert saw["offered"] == ["", "too large, split it", ""]
    rejected = project.ask("plan.list", where="state:rejected").plans
    assert [row.objective for row in rejected] == ["Write a file"]
