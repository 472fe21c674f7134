"""`audit.run` through the operation: in any repository, with and without a project."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.app import open_place
from podium.errors import (
    GitError,
    NotARepository,
    NotFoundError,
    NotTrusted,
    PathOutsideWorkspace,
    ToolError,
    ValidationError,
)
from podium.operations.audit.run import AuditReport
from podium.operations.table import load_operation
from podium_cli.main import main
from tests.support.commands import PODIUM
from tests.support.projects import ADA, Project
from tests.support.repositories import git

CUT = 'def hello():\n    return greet("good day"\n'


def audit(folder: Path, **params: Any) -> AuditReport:
    operation = load_operation("audit.run")
    report = anyio.run(operation.run, open_place(folder, ADA), operation.params(**params))
    assert isinstance(report, AuditReport)
    return report


def places(report: AuditReport) -> list[str]:
    return [f"{each.path}:{each.range.start.line}" for each in report.findings]


@pytest.fixture
def bare(clean_environment: Path, tmp_path: Path) -> Path:
    """Give a repository without a commit and without Podium."""
    root = tmp_path / "bare"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root


@pytest.mark.promise("F3.syntax")
def test_a_repository_without_project_or_commit_is_audited_and_nothing_is_left_in_it(
    bare: Path,
) -> None:
    (bare / "good.py").write_text("x = 1\n")
    (bare / "bad.py").write_text(CUT)
    (bare / "ignored.py").write_text(CUT)
    (bare / ".gitignore").write_text("ignored.py\n")
    before = sorted(path for path in bare.rglob("*"))

    report = audit(bare)

    assert places(report) == ["bad.py:2"]
    assert (report.files, report.lines, report.passed) == (3, 4, False)
    assert report.findings[0].id == ""
    assert sorted(path for path in bare.rglob("*")) == before


@pytest.mark.promise("F3.syntax")
def test_a_git_lfs_pointer_is_not_judged_as_source_code(bare: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12\n"
    (bare / "data.json").write_text(pointer)
    (bare / "text.json").write_text(pointer.replace("git-lfs", "other"))

    assert {each.partition(":")[0] for each in places(audit(bare))} == {"text.json"}


@pytest.mark.promise("F3.missing-path")
@pytest.mark.parametrize("path", ["gone.py", "lib/gone.py", "gone", "*.py", "removed.py"])
def test_a_path_that_is_not_there_is_an_error(
    bare: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare / "lib").mkdir()
    for name in ("good.py", "removed.py", "lib/good.py"):
        (bare / name).write_text("x = 1\n")
    git(bare, "add", ".")
    (bare / "removed.py").unlink()
    with pytest.raises(NotFoundError, match="no file or folder"):
        audit(bare, paths=("good.py", path))
    monkeypatch.chdir(bare)
    assert main(["audit", path]) == 3


@pytest.mark.promise("V7.reported")
def test_a_path_without_a_file_to_audit_is_named(bare: Path) -> None:
    (bare / "build").mkdir()
    (bare / "build" / "bad.py").write_text(CUT)
    (bare / "empty").mkdir()
    (bare / "good.py").write_text("x = 1\n")
    (bare / ".gitignore").write_text("build\n")
    report = audit(bare, paths=("build", "good.py", "empty"))
    named = [note.partition(" ")[0] for note in report.notes]
    assert (report.files, named) == (1, ["build", "empty"])
    assert audit(bare, paths=(".",)).notes == audit(bare).notes == ()


@pytest.mark.promise("F3.scope")
def test_only_the_named_paths_are_looked_at_from_where_the_person_stands(bare: Path) -> None:
    for name in ("a/x.py", "a/b/y.py", "c/z.py"):
        (bare / name).parent.mkdir(parents=True, exist_ok=True)
        (bare / name).write_text(CUT)
    assert places(audit(bare, paths=("a",))) == ["a/b/y.py:2", "a/x.py:2"]
    assert places(audit(bare / "a", paths=("b", "../c/z.py"))) == ["a/b/y.py:2", "c/z.py:2"]
    with pytest.raises(PathOutsideWorkspace):
        audit(bare, paths=("../elsewhere",))


@pytest.mark.promise("F3.scope")
def test_since_a_commit_only_what_the_change_brought_counts(project: Project) -> None:
    root = project.root
    (root / "old.py").write_text(CUT)
    git(root, "add", "old.py")
    git(root, "commit", "-qm", "old")
    (root / "old.py").write_text("# a comment\n" + CUT)
    (root / "app.py").write_text('"""An app."""\n\n\ndef hello(:\n    pass\n')
    (root / "new.py").write_text(CUT)
    git(root, "mv", "README.md", "READ.md")

    assert places(audit(root, since="HEAD")) == ["app.py:4", "new.py:2"]
    assert places(audit(root, since="HEAD", paths=("new.py",))) == ["new.py:2"]
    with pytest.raises(GitError, match="no commit"):
        audit(root, since="nowhere")


@pytest.mark.promise("F3.scope")
def test_what_is_staged_is_judged_as_it_will_be_committed(bare: Path) -> None:
    (bare / "a.py").write_text(CUT)
    git(bare, "add", "a.py")
    (bare / "a.py").write_text("x = 1\n")
    (bare / "b.py").write_text(CUT)
    assert places(audit(bare, staged=True)) == ["a.py:2"]
    git(bare, "add", "a.py")
    assert places(audit(bare, staged=True)) == []
    with pytest.raises(ValidationError):
        audit(bare, staged=True, since="HEAD")


@pytest.mark.promise("F3.scope")
@pytest.mark.parametrize(
    ("commit", "reported"),
    [
        pytest.param((), ["staged.py"], id="the index"),
        pytest.param(("--all",), ["a.py", "staged.py"], id="all tracked files"),
        pytest.param(("sub/b.py",), ["sub/b.py"], id="one path"),
    ],
)
def test_a_hook_audits_the_commit_that_git_is_making(
    bare: Path, tmp_path: Path, commit: tuple[str, ...], reported: list[str]
) -> None:
    (bare / "sub").mkdir()
    for name in ("a.py", "sub/b.py"):
        (bare / name).write_text("x = 1\n")
    git(bare, "add", ".")
    git(bare, "commit", "-qm", "first")
    hook = bare / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    command = shlex.join([*PODIUM, "audit", "--staged", "--json"])
    hook.write_text(f"#!/bin/sh\n{command} > {shlex.quote(str(tmp_path / 'report'))}\n")
    hook.chmod(0o755)
    (bare / "a.py").write_text(CUT)
    (bare / "staged.py").write_text(CUT)
    git(bare, "add", "staged.py")
    if "sub/b.py" in commit:
        (bare / "sub" / "b.py").write_text(CUT)

    done = subprocess.run(
        ["git", "commit", "-qm", "second", *commit], cwd=bare, capture_output=True, check=False
    )

    assert done.returncode == 1, done.stderr
    findings = json.loads((tmp_path / "report").read_text())["findings"]
    assert [each["path"] for each in findings] == reported


def test_the_index_of_another_repository_is_not_read(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare / "a.py").write_text(CUT)
    git(bare, "add", "a.py")
    for elsewhere in (tmp_path / "index", bare / ".git" / "gone"):
        monkeypatch.setenv("GIT_INDEX_FILE", str(elsewhere))
        assert places(audit(bare, staged=True)) == ["a.py:2"]


def test_a_folder_without_git_is_refused_in_words(clean_environment: Path, tmp_path: Path) -> None:
    with pytest.raises(NotARepository):
        audit(tmp_path)


@pytest.mark.promise("X1.links")
def test_links_and_submodules_are_not_followed(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text(CUT)
    (bare / "link.py").symlink_to(tmp_path / "outside.py")
    git(bare, "add", "link.py")
    assert places(audit(bare)) == places(audit(bare, staged=True)) == []


@pytest.mark.promise("F5")
def test_recorded_findings_are_dismissed_fixed_and_come_back(project: Project) -> None:
    bad = project.root / "bad.py"
    bad.write_text(CUT)
    (first,) = audit(project.root, record=True).findings
    assert project.ask("finding.list").findings == (first,)

    project.ask("finding.dismiss", finding=first.id, reason="generated")
    bad.write_text("# moved\n\n" + CUT)
    again = audit(project.root, record=True)
    assert (again.findings, again.dismissed, again.passed) == ((), 1, True)

    project.ask("finding.reopen", finding=first.id)
    bad.write_text("x = 1\n")
    assert audit(project.root, record=True).fixed == 1
    assert project.ask("finding.show", finding=first.id).status == "fixed"

    bad.write_text("# again\n" + CUT)
    (back,) = audit(project.root, record=True).findings
    assert (back.id, back.status, back.range.start.line) == (first.id, "open", 3)


@pytest.mark.promise("F5")
def test_a_dismissal_is_of_one_thing_and_not_of_its_kind(project: Project) -> None:
    (project.root / "bad.py").write_text(CUT)
    (first,) = audit(project.root, record=True).findings
    project.ask("finding.dismiss", finding=first.id, reason="a sample")
    (project.root / "worse.py").write_text(CUT)
    assert places(audit(project.root)) == ["worse.py:2"]


def test_findings_can_be_kept_only_in_a_project(bare: Path) -> None:
    with pytest.raises(ValidationError, match="only be recorded in a project"):
        audit(bare, record=True)


def with_tool(project: Project, report: str, **tool: Any) -> None:
    """Configure a tool that prints a report and ends with code 1, as linters do."""
    script = project.root.parent / "tool.sh"
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{report}\nEND\nexit 1\n")
    script.chmod(0o755)
    tools = [{"name": "lint", "command": [str(script)], **tool}]
    config = project.root / ".podium" / "config.yaml"
    config.write_text(json.dumps({"audit": {"tools": tools}}))
    project.reopen()


RUFF_ROW = {
    "filename": "app.py",
    "code": "D103",
    "message": "Missing docstring",
    "location": {"row": 4, "column": 5},
    "end_location": {"row": 4, "column": 10},
    "fix": None,
}


@pytest.mark.promise("F3.reports", "X5")
def test_a_tool_of_the_settings_runs_when_it_is_trusted_and_never_before(project: Project) -> None:
    with_tool(
        project, json.dumps([RUFF_ROW, {**RUFF_ROW, "filename": "/etc/passwd"}]), format="ruff"
    )
    with pytest.raises(NotTrusted):
        audit(project.root)
    assert audit(project.root, no_tools=True).findings == ()

    project.ask("project.trust")
    report = audit(project.root)
    (seen,) = report.findings
    assert (seen.category, seen.said_by, seen.snippet) == (
        "lint.D103",
        "tool:lint",
        "def hello() -> str:",
    )
    assert report.notes == ("lint: 1 ignored: no such location in the project",)
    assert audit(project.root, paths=("README.md",)).findings == ()


@pytest.mark.promise("F3.reports")
@pytest.mark.parametrize(
    ("report", "tool"),
    [
        ("no JSON", {"format": "sarif"}),
        ('{"version": "2.0.0", "runs": []}', {}),
        ("{}", {"format": "ruff"}),
        ("", {"output": "report.sarif"}),
        ("", {"command": ["no-such-tool-anywhere"]}),
    ],
)
def test_a_tool_that_delivers_no_report_is_an_error_and_not_a_clean_audit(
    project: Project, report: str, tool: dict[str, Any]
) -> None:
    with_tool(project, report, **tool)
    project.ask("project.trust")
    with pytest.raises(ToolError, match="lint"):
        audit(project.root)


@pytest.mark.promise("F6")
def test_the_command_line_says_it_in_its_exit_code_and_as_sarif(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "--project", str(bare)]) == 0
    (bare / "bad.py").write_text(CUT)
    assert main(["audit", "--project", str(bare)]) == 1
    assert "bad.py:2:17 error" in capsys.readouterr().out
    assert main(["audit", "--project", str(bare), "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert main(["audit", "--project", str(bare), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["passed"] is False


@pytest.mark.promise("F3.syntax")
def test_a_gap_of_a_grammar_is_told_once_in_a_file_that_has_long_been_there(bare: Path) -> None:
    gap = "export interface {name}<out A, in B> {{}}\n"
    (bare / "a.ts").write_text("".join(gap.format(name=name) for name in ("X", "Y", "Z")))
    (bare / "b.d.ts").write_text(gap.format(name="X"))
    fresh = audit(bare)
    assert {each.path for each in fresh.findings} == {"a.ts", "b.d.ts"}
    git(bare, "add", "-A")
    git(bare, "commit", "-qm", "chore: begin")

    (finding,) = audit(bare).findings

    assert (finding.path, finding.range.start.line, finding.severity) == ("a.ts", 1, "warning")
    assert finding.message.endswith("(also on lines 2, 3)")
