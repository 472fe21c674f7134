"""A run reports tests that its change weakens, unless the task is about that."""

import pytest

from tests.support.projects import Project, task, write
from tests.support.repositories import git

TEST = """\
def test_hello() -> None:
    assert hello() == "hello"
"""
SKIPPED = f"import pytest\n\n\n@pytest.mark.skip\n{TEST}"


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    ("title", "is_reported"),
    [("Make it faster", True), ("Skip the test of hello for now", False)],
)
def test_a_skipped_test_is_a_finding_of_the_task(
    project: Project, title: str, *, is_reported: bool
) -> None:
    (project.root / "test_app.py").write_text(TEST)
    git(project.root, "add", "test_app.py")
    git(project.root, "commit", "-q", "-m", "test")
    plan_id = project.plan(
        [task("a", title=title)],
        {"a": [[write("app.py", "def hello(): ...\n"), write("test_app.py", SKIPPED)]]},
    )
    project.run_to_end(plan_id)

    found = project.ask("finding.list").findings
    seen = [(each.category, each.path, each.range.start.line, each.task_id) for each in found]
    expected = ("tests.weakened", "test_app.py", 4, "a")
    assert (expected in seen) is is_reported
    assert project.ask("plan.check").complete is not is_reported


def test_an_audit_reports_what_weakens_a_test(project: Project) -> None:
    (project.root / "test_app.py").write_text(TEST)
    git(project.root, "add", "test_app.py")
    git(project.root, "commit", "-q", "-m", "test")
    (project.root / "test_app.py").write_text(SKIPPED)
    report = project.ask("audit.run", since="HEAD")
    (found,) = [each for each in report.findings if each.category == "tests.weakened"]
    assert (found.severity, found.range.start.line) == ("warning", 4)
    assert found.message == "the test test_hello is skipped, or expected to fail"
