"""The life of findings, through the operations."""

import json
from pathlib import Path

import pytest

from podium.errors import (
    AgentFailed,
    FindingNotFound,
    NotFoundError,
    NotTrusted,
    StateTransitionError,
    ValidationError,
    WriteConflict,
)
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.model.layout import finding as finding_key
from tests.support.projects import Project, write
from tests.support.repositories import files_of, git, whole_state

LINE = '    return "hello"'
PLACE = Range(start=Position(line=5, column=1), end=Position(line=5, column=len(LINE) + 1))


def keep(project: Project, text: str | None = None, path: str = "app.py") -> Finding:
    """Keep a finding in line 5, which suggests another text for it."""
    made = Finding(
        id=f"f-{'0' * 5}{len(project.ask('finding.list', where='').findings)}",
        path=path,
        range=PLACE,
        severity=Severity.ERROR,
        category="review",
        message="hello is not polite",
        said_by="agent:x",
        snippet=LINE.strip(),
        suggested_edit=SuggestedEdit(range=PLACE, text=text, replaces=LINE) if text else None,
    )
    project.engine.store.transact(lambda tx: tx.put(finding_key(made.id), made))
    return made


@pytest.mark.promise("F1.status", "F5")
def test_a_finding_is_dismissed_reopened_fixed_and_each_step_is_checked(project: Project) -> None:
    made = keep(project)
    gone = project.ask("finding.dismiss", finding=made.id, reason="a sample")
    assert (gone.status, gone.reason) == ("dismissed", "a sample")
    with pytest.raises(StateTransitionError, match="dismissed and cannot become fixed"):
        project.ask("finding.fix", finding=made.id)
    assert project.ask("finding.reopen", finding=made.id).status == "open"
    with pytest.raises(StateTransitionError):
        project.ask("finding.reopen", finding=made.id)
    with pytest.raises(FindingNotFound):
        project.ask("finding.reopen", finding="f-zzzzzz")


@pytest.mark.promise("F5")
def test_the_suggested_edit_changes_this_place_of_this_file_and_nothing_else(
    project: Project,
) -> None:
    made = keep(project, '    return "good day"')
    app = project.root / "app.py"
    app.write_text("# moved\n" + app.read_text() + "# more\n")
    app.chmod(0o755)
    before = app.read_text()

    shown = project.ask("finding.fix", finding=made.id, preview=True)
    assert (shown.applied, app.read_text()) == (False, before)
    assert '-    return "hello"\n+    return "good day"' in shown.diff

    fixed = project.ask("finding.fix", finding=made.id)
    assert (fixed.applied, fixed.finding.status) == (True, "fixed")
    assert app.read_text() == before.replace('"hello"', '"good day"')
    assert app.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in project.root.iterdir() if path.name[0] == ".") == [
        ".git",
        ".podium",
    ]


@pytest.mark.promise("F5")
@pytest.mark.parametrize(
    ("text", "now", "error"),
    [
        ("    return (", None, ValidationError),
        (None, None, ValidationError),
        ("    pass", "x = 1\n", WriteConflict),
    ],
    ids=["breaks the file", "no edit", "the place is gone"],
)
def test_an_edit_that_cannot_be_applied_surely_changes_nothing(
    project: Project, text: str | None, now: str | None, error: type[Exception]
) -> None:
    made = keep(project, text)
    if now is not None:
        (project.root / "app.py").write_text(now)
    before = whole_state(project.root)
    with pytest.raises(error):
        project.ask("finding.fix", finding=made.id)
    assert whole_state(project.root) == before
    assert project.engine.store.get(finding_key(made.id)) == made


def test_a_finding_in_a_file_that_is_gone_says_what_to_do(project: Project) -> None:
    made = keep(project, "x", path="gone.py")
    with pytest.raises(ValidationError) as caught:
        project.ask("finding.fix", finding=made.id)
    assert caught.value.hints == (f"podium settle {made.id} --status stale",)


@pytest.mark.promise("F1.exists")
@pytest.mark.parametrize(
    ("path", "line", "error", "told"),
    [
        ("gone.py", 1, NotFoundError, "no file 'gone.py'"),
        ("lib", 1, NotFoundError, "it is a folder"),
        ("app.py", 42, ValidationError, "app.py has 40 lines"),
        ("one.py", 2, ValidationError, "one.py has 1 line"),
        ("empty.py", 2, ValidationError, "empty.py has 0 lines"),
    ],
)
def test_a_finding_where_nothing_is_is_refused(
    project: Project, path: str, line: int, error: type[Exception], told: str
) -> None:
    (project.root / "lib").mkdir()
    (project.root / "app.py").write_text("x = 1\n" * 40)
    (project.root / "one.py").write_text("x = 1")
    (project.root / "empty.py").write_text("")
    with pytest.raises(error, match=told):
        project.ask("finding.add", path=path, message="wrong", line=line)
    assert project.ask("finding.list", where="").total == 0


def test_a_finding_is_added_at_the_first_and_at_the_last_line(project: Project) -> None:
    (project.root / "app.py").write_text("x = 1\n" * 40)
    (project.root / "empty.py").write_text("")
    for path, line in (("app.py", 1), ("app.py", 40), ("empty.py", 1)):
        added = project.ask("finding.add", path=path, message="wrong", line=line)
        assert (added.path, added.range.start.line) == (path, line)


@pytest.mark.promise("F1.filters")
@pytest.mark.parametrize(
    ("operation", "where", "existing"),
    [
        ("finding.list", "severity:oops", "error, warning, info, hint"),
        ("finding.list", "status:open status:new", "open, fixed, dismissed, stale"),
        ("finding.list", "category:oops", "naming, review, syntax.unclosed"),
        ("finding.export", "severity:fatal", "error, warning, info, hint"),
        ("plan.list", "state:new", "draft, approved, rejected, running, done"),
        ("task.list", "state:new", "pending, running, blocked"),
        ("task.list", "priority:urgent", "critical, high, normal, low"),
        ("task.list", "ready:maybe", "yes, no"),
        ("session.list", "type:new", "planning, execution, review, conversation"),
        ("session.list", "state:new", "active, suspended, completed, failed"),
    ],
)
def test_a_value_that_no_list_knows_is_refused_with_those_that_exist(
    project: Project, operation: str, where: str, existing: str
) -> None:
    for category in ("review", "naming"):
        project.ask("finding.add", path="app.py", message="wrong", category=category)
    with pytest.raises(ValidationError) as caught:
        project.ask(operation, where=where)
    assert existing in caught.value.why
    assert caught.value.hints


@pytest.mark.promise("F1.filters")
@pytest.mark.parametrize(
    ("where", "total"),
    [
        ("SEVERITY:Error", 0),
        ("severity:error severity:warning", 2),
        ("category:naming", 1),
        ("category:syntax.unclosed", 0),
        ("path:elsewhere.py", 0),
        ("status:stale", 0),
    ],
)
def test_a_value_that_exists_is_accepted_also_when_nothing_has_it(
    project: Project, where: str, total: int
) -> None:
    for category in ("review", "naming"):
        project.ask("finding.add", path="app.py", message="wrong", category=category)
    assert project.ask("finding.list", where=where).total == total


def checkout(project: Project) -> tuple[object, ...]:
    """Return what belongs to the user: files, index, branches, worktrees."""
    root = project.root
    files = {path: data for path, data in files_of(root).items() if ".podium/" not in path}
    told = (["ls-files", "--stage"], ["for-each-ref"], ["worktree", "list"])
    return files, *(git(root, *arguments) for arguments in told)


def playbook(project: Project, task_id: str, *steps: object) -> Path:
    path = project.root.parent / "mend.yaml"
    path.write_text(json.dumps({"version": 1, "fixes": {task_id: [list(steps)]}}))
    return path


@pytest.mark.promise("F5")
def test_the_consultant_mends_one_file_and_whatever_else_it_did_is_dropped(
    project: Project,
) -> None:
    made = keep(project)
    app = project.root / "app.py"
    unsaved = app.read_text() + "# not committed\n"
    app.write_text(unsaved)
    after = unsaved.replace('"hello"', '"good day"')
    path = playbook(project, made.id, write("app.py", after), write("other.py", "x = 1\n"))

    fixed = project.ask(
        "finding.fix", finding=made.id, agent="playbook", options={"playbook": str(path)}
    )

    assert (fixed.finding.status, fixed.finding.reason) == ("fixed", "fixed by the consultant")
    assert app.read_text() == after
    assert not (project.root / "other.py").exists()


@pytest.mark.promise("F5", "X5")
def test_a_consultant_that_does_not_help_changes_nothing(project: Project) -> None:
    made = keep(project)
    before = checkout(project)
    for steps, error in (
        ([write("app.py", "def hello(:\n")], ValidationError),
        ([{"say": "done!"}], AgentFailed),
        ([{"fail": {"outcome": "refused"}}], AgentFailed),
    ):
        options = {"playbook": str(playbook(project, made.id, *steps))}
        with pytest.raises(error):
            project.ask("finding.fix", finding=made.id, agent="playbook", options=options)
    (project.root / ".podium" / "config.yaml").write_text("gates: {test: [evil]}\n")
    project.reopen()
    with pytest.raises(NotTrusted):
        project.ask("finding.fix", finding=made.id, consultant=True)
    assert checkout(project) == before


@pytest.mark.promise("F6")
def test_findings_are_exported_as_text_or_as_a_file_of_the_project(project: Project) -> None:
    keep(project)
    other = keep(project)
    project.ask("finding.dismiss", finding=other.id, reason="a sample")
    exported = project.ask("finding.export", path="out.sarif")
    results = json.loads((project.root / "out.sarif").read_text())["runs"][0]["results"]
    assert (exported.count, exported.path) == (2, "out.sarif")
    assert [("suppressions" in each) for each in results] == [False, True]
    only = project.ask("finding.export", where="status:dismissed", format="markdown")
    assert (only.count, only.path) == (1, "")
    assert only.text.startswith("# 1 finding\n")
