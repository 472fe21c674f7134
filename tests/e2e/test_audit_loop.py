"""The audit loop: an auditor reviews what passed the gates, the consultant mends what blocks."""

import json
from typing import Any

import pytest

from podium.model.agents import Role
from podium.model.states import Phase, RunState
from tests.support.projects import Json, Project, audits, fixes, task, write
from tests.support.repositories import git

WRONG = 'def hello() -> str:\n    return "good night"\n'
RIGHT = 'def hello() -> str:\n    return "good day"\n'
ONE = [
    task(
        "one",
        files={"modify": ["app.py"]},
        acceptance=[{"id": "c1", "text": "It greets by day"}],
    )
]


def said(*findings: Json, criteria: tuple[Json, ...] = ()) -> list[Json]:
    """Return one try of an auditor that says so."""
    reply = {"findings": list(findings), "criteria": list(criteria)}
    return [{"say": f"Here it is:\n```json\n{json.dumps(reply)}\n```\n"}]


def remark(line: int = 2, **fields: Any) -> Json:
    return {
        "path": "app.py",
        "line": line,
        "quote": '    return "good night"',
        "severity": "error",
        "category": "correctness",
        "message": "it says night by day",
        **fields,
    }


def audited(project: Project, **settings: Any) -> None:
    """Switch the audit on."""
    config = project.root / ".podium" / "config.yaml"
    config.write_text(json.dumps({"run": {"audit": True, **settings}}))
    project.reopen()


def roles(project: Project) -> list[str]:
    (attempt,) = project.ask("task.show", task="one").last_run.attempts
    return [step.role for step in attempt.calls]


@pytest.mark.promise("R1", "F4", "K3.verdict", "F1.author")
def test_what_blocks_is_mended_by_the_consultant_and_reviewed_again(project: Project) -> None:
    audited(project)
    plan_id = project.plan(ONE, {"one": [[write("app.py", WRONG)]]})
    met = {"id": "c1", "passed": True, "why": "it says day"}
    audits(project, {"one": [said(remark()), said(criteria=(met,))]})
    fixes(project, {"one": [[write("app.py", RIGHT)]]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED, status.tasks
    assert roles(project) == [Role.EXECUTOR, Role.AUDITOR, Role.CONSULTANT, Role.AUDITOR]
    assert git(project.root, "show", f"{status.integration_branch}:app.py") == RIGHT.strip()
    (finding,) = project.ask("finding.list", where="").findings
    assert (finding.status, finding.said_by) == ("fixed", "agent:playbook")
    shown = [each.shown for each in project.ask("task.show", task="one").progress.evidence]
    assert ("agent:playbook", True, "it says day") in [
        (each.auditor, each.passed, each.text) for each in shown
    ]


@pytest.mark.promise("R1", "F1.place", "F1.severity", "F1.edit")
def test_what_does_not_block_is_merged_and_stays_as_an_open_finding(project: Project) -> None:
    audited(project)
    plan_id = project.plan(ONE, {"one": [[write("app.py", WRONG)]]})
    audits(project, {"one": [said(remark(severity="warning", replacement=RIGHT.splitlines()[1]))]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED
    assert roles(project) == [Role.EXECUTOR, Role.AUDITOR]
    (finding,) = project.ask("finding.list").findings
    assert (finding.task_id, finding.severity, finding.range.start.line) == ("one", "warning", 2)
    project.ask("work.land", plan=plan_id, token=project.ask("work.land", plan=plan_id).token)
    fixed = project.ask("finding.fix", finding=finding.id)
    assert (fixed.finding.status, (project.root / "app.py").read_text()) == ("fixed", RIGHT)


@pytest.mark.promise("R1")
def test_what_still_blocks_after_the_last_round_is_not_merged(project: Project) -> None:
    audited(project, max_audit_rounds=2, max_attempts=1)
    plan_id = project.plan(ONE, {"one": [[write("app.py", WRONG)]]})
    audits(project, {"one": [said(remark())]})
    fixes(project, {"one": [[write("other.py", "x = 1\n")]]})

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].phase) == (RunState.FAILED, Phase.FAILED)
    assert roles(project) == [Role.EXECUTOR, Role.AUDITOR, Role.CONSULTANT, Role.AUDITOR]
    assert "1 finding, 1 of them blocking" in status.tasks[0].problem
    (finding,) = project.ask("finding.list").findings
    assert finding.message == "it says night by day"


@pytest.mark.promise("F4")
def test_a_wrong_place_goes_back_to_the_auditor_once_and_is_then_refused(project: Project) -> None:
    audited(project)
    plan_id = project.plan(ONE, {"one": [[write("app.py", RIGHT)]]})
    invented = remark(line=40)
    near = remark(line=1, quote='return "good day"', severity="info", message="and by night?")
    audits(project, {"one": [said(invented), said(remark(), near)]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED
    assert roles(project) == [Role.EXECUTOR, Role.AUDITOR, Role.AUDITOR]
    (finding,) = project.ask("finding.list").findings
    assert (finding.message, finding.range.start.line) == ("and by night?", 2)


@pytest.mark.promise("F4")
def test_an_attempt_whose_review_cannot_be_read_is_not_merged(project: Project) -> None:
    audited(project, max_attempts=1)
    plan_id = project.plan(ONE, {"one": [[write("app.py", RIGHT)]]})
    audits(project, {"one": [[{"say": "Looks good to me!"}]]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.FAILED
    assert roles(project) == [Role.EXECUTOR, Role.AUDITOR, Role.AUDITOR]
    assert "review is unusable" in status.tasks[0].problem


@pytest.mark.promise("K3.verdict", "R1")
def test_a_criterion_that_the_auditor_calls_missed_goes_to_the_consultant(
    project: Project,
) -> None:
    audited(project)
    plan_id = project.plan(ONE, {"one": [[write("app.py", WRONG)]]})
    missed = {"id": "c1", "passed": False, "why": "it greets by night"}
    audits(project, {"one": [said(criteria=(missed,)), said()]})
    fixes(project, {"one": [[write("app.py", RIGHT)]]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED
    assert git(project.root, "show", f"{status.integration_branch}:app.py") == RIGHT.strip()


@pytest.mark.promise("F5")
def test_a_finding_that_a_person_dismissed_is_not_raised_by_the_next_run(project: Project) -> None:
    audited(project)
    plan_id = project.plan(ONE, {"one": [[write("app.py", WRONG)]]})
    audits(project, {"one": [said(remark(severity="warning"))]})
    project.run_to_end(plan_id)
    (finding,) = project.ask("finding.list").findings
    project.ask("finding.dismiss", finding=finding.id, reason="it is a night shift")

    again = project.plan(ONE, {"one": [[write("app.py", WRONG)]]})
    audits(project, {"one": [said(remark(severity="warning"))]})
    project.run_to_end(again)

    assert project.ask("finding.list", where="status:open").findings == ()
