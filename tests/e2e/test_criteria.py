"""A criterion without a command is shown by evidence of its own kind, never by passed gates."""

from typing import Any

import pytest

from podium.app.settings import load_settings
from podium.model.states import RunState, TaskState
from podium.projects.trust import trust
from podium.runs.runner_lock import runner_pid
from tests.support.commands import podium
from tests.support.kills import kill
from tests.support.projects import Project, audits, task, write

TESTS = """\
import unittest


class Greeting(unittest.TestCase):
    def test_day(self) -> None:
        self.assertTrue(True)

    @unittest.skip("later")
    def test_night(self) -> None:
        self.assertTrue(True)
"""
CHANGE = [write("app.py", "good = 1\n"), write("test_app.py", TESTS)]


def use_tests(project: Project) -> None:
    """Configure the project's test command."""
    config = project.root / ".podium" / "config.yaml"
    config.write_text("gates:\n  test: [python3, -m, unittest, -q]\n")
    trust(project.root, load_settings(project.root).project)
    project.reopen()


def criterion(**more: Any) -> dict[str, Any]:
    return {"id": "c1", "text": "It greets by day", **more}


def run(project: Project, *criteria: dict[str, Any], attempts: int = 1) -> RunState:
    plan_id = project.plan([task("a", acceptance=list(criteria))], {"a": [CHANGE] * attempts})
    return project.run_to_end(plan_id).state


@pytest.mark.promise("K3.gates", "P7")
def test_a_criterion_without_evidence_is_not_shown_although_every_gate_passed(
    project: Project,
) -> None:
    use_tests(project)
    assert run(project, criterion()) is RunState.COMPLETED

    view = project.ask("task.show", task="a")
    assert (view.progress.state, view.missing) == (TaskState.DONE, ("c1",))
    checked = podium(project.root, "check")
    assert checked.returncode == 1
    assert "Not complete" in checked.stdout
    assert "☐ It greets by day" in checked.stdout
    assert "not shown: needs a person's word, an auditor's verdict or a file" in checked.stdout
    assert f'podium task {view.plan_id}/a --criterion c1 --word "…"' in checked.stdout
    assert "☐ It greets by day" in podium(project.root, "show").stdout
    verdict = project.ask("plan.check")
    assert verdict.complete is False
    assert verdict.reasons == ("a: c1 is not shown",)

    podium(project.root, "task", "a", "--criterion", "c1", "--word", "tried it")
    assert podium(project.root, "check").returncode == 0
    assert "☑ It greets by day" in podium(project.root, "show").stdout


@pytest.mark.promise("K3.file", "K3.test", "K3.verdict")
@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"file": {"path": "app.py", "contains": "good"}}, "app.py contains 'good'"),
        ({"file": "test_app.py"}, "test_app.py exists"),
        ({"test": "test_app.Greeting.test_day"}, "1 test passed, 0 failed"),
    ],
    ids=["file with text", "file", "test"],
)
def test_a_run_records_what_its_criterion_asks_for(
    project: Project, given: dict[str, Any], line: str
) -> None:
    use_tests(project)
    assert run(project, criterion(**given)) is RunState.COMPLETED
    checked = podium(project.root, "check")
    assert checked.returncode == 0
    assert line in checked.stdout


@pytest.mark.promise("K3.file", "K3.test")
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"file": "app.py contains better"}, "app.py does not contain 'better'"),
        ({"file": "docs/day.md"}, "docs/day.md does not exist"),
        ({"test": "test_app.Greeting.test_night"}, "ended with code 0, but no test passed"),
        ({"test": "test_app.Greeting.test_dusk"}, "ended with code 1"),
    ],
    ids=["other text", "no file", "skipped test", "no test"],
)
def test_an_attempt_that_does_not_show_its_criterion_fails(
    project: Project, given: dict[str, Any], problem: str
) -> None:
    use_tests(project)
    assert run(project, criterion(**given), attempts=3) is RunState.FAILED
    view = project.ask("task.show", task="a")
    assert view.progress.state is TaskState.FAILED
    assert problem in view.last_run.attempt.problem


@pytest.mark.promise("K3.verdict", "K3.gates")
@pytest.mark.parametrize(
    ("reply", "is_shown"),
    [
        ('{"findings": [], "criteria": [{"id": "c1", "passed": true, "why": "line 1"}]}', True),
        ('{"findings": [], "passed": true}', False),
        ('{"findings": [], "criteria": [{"id": "c2", "passed": true}]}', False),
    ],
    ids=["its verdict", "no verdict", "another verdict"],
)
@pytest.mark.parametrize("given", [{}, {"by": "auditor"}], ids=["no kind", "auditor"])
def test_the_auditors_verdict_on_a_criterion_shows_it(
    project: Project, given: dict[str, Any], reply: str, *, is_shown: bool
) -> None:
    (project.root / ".podium" / "config.yaml").write_text("run:\n  audit: true\n")
    project.reopen()
    plan_id = project.plan([task("a", acceptance=[criterion(**given)])], {"a": [CHANGE]})
    audits(project, {"a": [[{"say": f"```json\n{reply}\n```"}]]})
    assert project.run_to_end(plan_id).state is RunState.COMPLETED
    assert podium(project.root, "check").returncode == (0 if is_shown else 1)
    assert (project.ask("task.show", task="a").missing == ()) is is_shown


def wait_for_question(project: Project, run_id: str) -> Any:
    """Wait until the run asks, and return its open questions, oldest first."""
    project.wait_run(run_id, lambda now: bool(now.questions))
    return project.ask("question.list", run=run_id).questions


@pytest.mark.promise("K3.asked", "K3.word")
def test_a_run_asks_a_person_with_the_criterion_the_changes_and_what_is_missing(
    project: Project,
) -> None:
    criteria = [criterion(by="person"), {"id": "c2", "text": "It is kind"}]
    plan_id = project.plan([task("a", acceptance=criteria)], {"a": [CHANGE]})
    run_id = project.ask("run.start", plan=plan_id).run_id

    (asked,) = wait_for_question(project, run_id)
    assert asked.text == "Task a: is criterion c1 met? It greets by day"
    facts = {each.name: each.text for each in asked.facts}
    assert facts["criterion"] == "It greets by day"
    assert facts["changes"].splitlines() == [
        "2 files changed, +11 -5",
        "app.py +1 -5",
        "test_app.py +10 -0",
    ]
    assert facts["also not shown"] == "c2"
    assert "changes: 2 files changed, +11 -5" in podium(project.root, "status").stdout
    shown = podium(project.root, "questions").stdout
    assert "2 files changed, +11 -5" in shown
    assert f"podium answer {asked.id} met" in shown

    assert podium(project.root, "answer", asked.id, "met").returncode == 0
    status = project.wait_run(run_id, lambda now: now.ended)
    assert status.state is RunState.COMPLETED
    (evidence,) = project.ask("task.show", task="a").progress.evidence
    assert (evidence.criterion, evidence.shown.type, evidence.by.kind) == ("c1", "word", "person")
    assert evidence.by.face == "cli"
    assert project.ask("plan.check").reasons == ("a: c2 is not shown",)


@pytest.mark.promise("K3.asked")
def test_a_criterion_that_a_person_rejects_fails_the_attempt(project: Project) -> None:
    plan_id = project.plan([task("a", acceptance=[criterion(by="person")])], {"a": [CHANGE] * 2})
    run_id = project.ask("run.start", plan=plan_id).run_id
    (first,) = wait_for_question(project, run_id)
    project.ask("question.answer", question=first.id, choice="not-met")
    project.wait_run(run_id, lambda now: any(each.id != first.id for each in now.questions))
    (second,) = project.ask("question.list", run=run_id).questions
    project.ask("question.answer", question=second.id, choice="met")
    status = project.wait_run(run_id, lambda now: now.ended)

    assert status.state is RunState.COMPLETED
    attempts = project.ask("task.show", task="a").last_run.attempts
    assert "a person did not confirm it" in attempts[0].problem
    assert [bool(each.problem) for each in attempts] == [True, False]
    assert project.ask("plan.check").complete


@pytest.mark.promise("K3.asked", "K3.word", "R7.kill")
def test_a_change_of_no_files_is_asked_about_first_also_after_a_crash(project: Project) -> None:
    plan_id = project.plan([task("a", acceptance=[criterion(by="person")])], {"a": [[]]})
    run_id = project.ask("run.start", plan=plan_id).run_id
    (first,) = wait_for_question(project, run_id)
    assert first.text == "Task a: 0 files changed. Is it done nevertheless?"
    kill(runner_pid(project.root))
    project.ask("question.answer", question=first.id, choice="met")
    project.wait_run(run_id, lambda now: any(each.id != first.id for each in now.questions))
    (second,) = project.ask("question.list", run=run_id).questions
    assert {each.name: each.text for each in second.facts}["changes"] == "0 files changed"
    project.ask("question.answer", question=second.id, choice="met")
    assert project.wait_run(run_id, lambda now: now.ended).state is RunState.COMPLETED
    evidence = project.ask("task.show", task="a").progress.evidence
    assert [each.criterion for each in evidence] == ["(no file changed)", "c1"]
