"""A real VS Code with our extension from its package, a real server, a real run; slow, on demand.

What the windows looked like is kept in `.cache/editors/`. The browser is driven, nothing is mocked,
except that the agent is the playbook.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

from podium.model import layout
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.projects.trust import trust
from tests.editors.code_server import PODIUM, CodeServer, package
from tests.support.editor_tools import missing
from tests.support.projects import Project, clean_environment, project, task, write
from tests.support.repositories import isolated_git, make_repository

__all__ = ["clean_environment", "isolated_git", "project"]

WHY_NOT = missing() or ("" if package() else "no extension in dist; `make vsix` builds it")

pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "it can run"),
]

BROKEN = "<<<<<<< ours\ngreeting = 'hello'\n=======\ngreeting = 'hi'\n>>>>>>> theirs\n"
WAIT = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.05)\n"


def put_finding(project: Project, name: str, said_by: str, **more: Any) -> None:
    place = Range(start=Position(line=5, column=12), end=Position(line=5, column=19))
    fields: dict[str, Any] = {
        "id": name,
        "path": "app.py",
        "range": place,
        "severity": Severity.WARNING,
        "category": "review.word",
        "message": "this word is too long",
        "snippet": '    return "hello"',
        "said_by": said_by,
    }
    finding = Finding(**(fields | more))
    project.engine.store.transact(lambda tx: tx.put(layout.finding(name), finding))


def put_plan(project: Project, go: Path) -> None:
    """Put a plan whose first task waits for a file, so that the run can be looked at."""
    wait = {"run": [sys.executable, "-c", WAIT, str(go)]}
    script = {"t1": [[wait, write("one.txt", "1\n")]], "t2": [[write("two.txt", "2\n")]]}
    tasks = [
        task("t1", title="Shorten the greeting", files={"create": ["one.txt"]}),
        task("t2", "t1", title="Say it in the notes", files={"create": ["two.txt"]}),
    ]
    project.ask(
        "plan.create",
        objective="Mind the words",
        tasks=tasks,
        agent="playbook",
        options={"playbook": str(project.write_playbook(script))},
    )


def noting_program(folder: Path, starts: Path) -> Path:
    """Return a podium that notes down each start, so that one sees when there was none."""
    program = folder / "podium"
    program.write_text(f'#!/bin/sh\necho "$1" >>"{starts}"\nexec "{PODIUM}" "$@"\n')
    program.chmod(0o755)
    return program


@pytest.mark.promise(
    "L6",
    "L1.open",
    "L1.closed",
    "L2",
    "L3.commands",
    "L3.progress",
    "L3.cancel",
    "L3.approval",
    "M4",
    "X5",
)
def test_a_persons_day_in_vscode(project: Project, tmp_path: Path) -> None:
    place = Range(start=Position(line=5, column=12), end=Position(line=5, column=19))
    edit = SuggestedEdit(range=place, text='"hi"')
    put_finding(project, "f-000001", "claude", suggested_edit=edit)
    put_finding(
        project,
        "f-000002",
        "gate:lint",
        path="README.md",
        range=Range.of_line(1),
        message="the page is empty",
        snippet="# app",
        severity=Severity.INFO,
    )
    go, starts = tmp_path / "go", tmp_path / "starts"
    put_plan(project, go)
    trust(project.root, project.engine.config.config)
    found = package()
    assert found
    editor = CodeServer(tmp_path, {"podium.path": str(noting_program(tmp_path, starts))})
    assert "was successfully installed" in editor.install(found)
    told = {"go": str(go), "starts": str(starts), "app": str(project.root / "app.py")}
    with editor.serving():
        saw = editor.drive("day.mjs", project.root, **told)
    assert "failed" not in saw, saw["failed"]
    assert "not trusted" in saw["untrusted"]
    assert saw["started without trust"] == ""
    assert saw["started with trust"] == "lsp"
    assert any("this word is too long" in row for row in saw["problems"])
    assert any("the page is empty" in row for row in saw["problems"]), "closed files count"
    assert any("Podium: apply the suggestion" in row for row in saw["quick fixes"])
    assert '"hello"' in saw["before the fix"], "nothing was done before it was agreed to"
    assert '"hi"' in (project.root / "app.py").read_text()
    assert project.ask("finding.show", finding="f-000001").status == "fixed"
    assert any("Approve" in each for each in saw["lenses"])
    assert saw["inline"] == ["Approve Plan…"]
    assert "Shorten the greeting" in saw["question"]
    assert "0 of 2 done, t1 executing" in saw["busy"]
    assert any("Cancel the run" in row for row in saw["menu"])
    assert "Merged results are kept" in saw["cancel"]
    assert any("1 attempt" in row for row in saw["whole tree"])
    assert project.ask("run.status").state == "completed"
    assert not (project.root / "one.txt").exists(), "nothing lands unasked"
    assert any(row.startswith("Podium") for row in saw["mcp listed"])
    assert "Discovered 15 tools" in saw["mcp started"]
    assert starts.read_text().split().count("mcp") == 1


def test_the_first_hour_in_vscode(clean_environment: Path, tmp_path: Path) -> None:
    """The program is really installed, by pip from wherever this machine gets its packages."""
    del clean_environment
    root = make_repository(tmp_path / "app", {"app.py": BROKEN})
    found = package()
    assert found
    editor = CodeServer(tmp_path, {"security.workspace.trust.enabled": False})
    editor.install(found)
    with editor.serving():
        saw = editor.drive("first_hour.mjs", root)
    assert "failed" not in saw, saw["failed"]
    assert "Install" in saw["missing"]
    assert "Make It a Project" in saw["installed"]
    assert (root / ".podium" / "store.json").is_file()
    assert "Create a Plan" in saw["project"]
    assert "app.py" in saw["audit without a project"]
    assert any(row.startswith("Findings") for row in saw["tree"])
