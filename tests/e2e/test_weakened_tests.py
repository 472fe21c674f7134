"""A change that weakens a test stops its attempt until that is answered; an audit reports it."""

import pytest

from podium.model.doubts import TaskAnswer, WriterAnswer
from podium.model.states import RunState
from tests.support.projects import Project, answers_doubts, task, write
from tests.support.repositories import commit_files, git

TEST = """\
def test_hello() -> None:
    assert hello() == "hello"
"""
SKIPPED = f"import pytest\n\n\n@pytest.mark.skip\n{TEST}"
REASON = "The test of the greeting in the next task replaces it."


def plan(project: Project, title: str = "Make it faster", attempts: int = 1) -> str:
    """Make a plan whose executor skips a test."""
    commit_files(project.root, {"test_app.py": TEST})
    steps = [write("fast.py", "FAST = 1\n"), write("test_app.py", SKIPPED)]
    return project.plan([task("a", title=title)], {"a": [steps] * attempts})


@pytest.mark.promise("V6.asked")
def test_a_skipped_test_that_is_not_explained_does_not_land(project: Project) -> None:
    plan_id = plan(project, attempts=3)
    answers_doubts(project, {"a": [[]] * 3})
    status = project.run_to_end(plan_id)

    assert status.state is RunState.FAILED
    last = project.ask("task.show", task="a").last_run.attempt
    assert last.problem.startswith("a doubt was not answered: test_app.py:4: the test test_hello")
    assert git(project.root, "diff", "--name-only", "main", status.integration_branch) == ""
    (finding,) = project.ask("finding.list").findings
    assert (finding.category, finding.path) == ("tests.weakened", "test_app.py")


@pytest.mark.promise("V6.confirmed", "V6.evidence")
def test_the_agent_that_skipped_a_test_says_why(project: Project) -> None:
    plan_id = plan(project)
    answers_doubts(project, {"a": [[{"confirm": {"place": "test_app.py:4", "reason": REASON}}]]})
    assert project.run_to_end(plan_id).state is RunState.COMPLETED
    (answered,) = project.ask("task.show", task="a").progress.doubts
    assert isinstance(answered.answer, WriterAnswer)
    assert answered.answer.reason == REASON


@pytest.mark.promise("V6.task")
def test_a_task_that_is_about_skipping_a_test_is_not_asked(project: Project) -> None:
    assert project.run_to_end(plan(project, "Skip the test of hello")).state is RunState.COMPLETED
    (answered,) = project.ask("task.show", task="a").progress.doubts
    assert answered.answer == TaskAnswer(sentence="Skip the test of hello")


def test_an_audit_reports_what_weakens_a_test(project: Project) -> None:
    commit_files(project.root, {"test_app.py": TEST})
    (project.root / "test_app.py").write_text(SKIPPED)
    report = project.ask("audit.run", since="HEAD")
    (found,) = [each for each in report.findings if each.category == "tests.weakened"]
    assert (found.severity, found.range.start.line) == ("warning", 4)
    assert found.message == "the test test_hello is skipped, or expected to fail"
