"""An agent fails in the middle of a run: another one steps in, or the run waits for it."""

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from podium.agents.health import HealthStore
from podium.app.runner_process import run_runner
from podium.model import layout
from podium.model.agents import AgentHealth, Outcome
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from podium.projects.trust import trust
from podium.runs.runner_lock import take_runner_lock
from tests.support.commands import podium
from tests.support.kills import kill_runner
from tests.support.projects import Json, Project, task, write
from tests.support.repositories import git
from tests.support.waiting import wait_for

FAR = {"fail": {"outcome": "rate-limited", "detail": "429", "retry_after_seconds": 3600}}


def fail(outcome: str, **more: Any) -> Json:
    return {"fail": {"outcome": outcome, "detail": "why", **more}}


def plan(project: Project, *agents: dict[str, Any], policy: Json | None = None) -> str:
    """Return an approved plan; each agent of the chain is a login with a playbook of its own."""
    chain = [
        _agent(project, f"login{number}", {"tasks": script})
        for number, script in enumerate(agents, start=1)
    ]
    roles: Json = {"roles": {"executor": chain, "consultant": chain[:1]}}
    return _plan(project, {"agents": roles | ({"policy": policy} if policy else {})})


def _agent(project: Project, login: str, script: Json) -> Json:
    """Return the choice of an agent that follows this script."""
    path = project.root.parent / f"{login}.yaml"
    path.write_text(json.dumps({"version": 1, "objective": "Test", "tasks": {}} | script))
    return {"agent": "playbook", "options": {"playbook": str(path), "login": login}}


def _plan(project: Project, settings: Json, tasks: Sequence[Json] = (task("one"),)) -> str:
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(settings))
    project.reopen()
    trust(project.root, project.engine.config.project)
    view = project.ask("plan.create", objective="Test", tasks=[*tasks])
    project.ask("plan.approve", plan=view.plan.id)
    return str(view.plan.id)


def calls(project: Project, status: RunStatus) -> list[tuple[Outcome | None, int, str]]:
    """Return the calls of the task's attempt: how each ended, and which agent made it and why."""
    record = project.engine.store.get(layout.task_run(status.run_id, "one"))
    assert record is not None
    return [(each.outcome, each.choice, each.chosen_because) for each in record.attempt.calls]


@pytest.mark.promise("G3.rate-limit", "G3.reason")
def test_another_agent_finishes_the_task_of_one_that_met_a_far_limit(project: Project) -> None:
    half_done = [write("half.py", "half = 1\n"), FAR]
    whole = [write("a.py", "a = 1\n")]
    status = project.run_to_end(plan(project, {"one": [half_done]}, {"one": [whole, whole]}))
    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)
    limited, completed = calls(project, status)
    assert limited == (Outcome.RATE_LIMITED, 0, "")
    assert completed[:2] == (Outcome.COMPLETED, 1)
    assert completed[2].startswith("playbook@login1 rests until ")
    assert completed[2].endswith(": 429, playbook@login2 steps in")
    assert landed(project, status) == {"a.py"}
    report = podium(project.root, "report").stdout
    assert "chosen because playbook@login1 rests until" in report
    health = HealthStore().read("playbook@login1")
    assert (health.outcome, health.failures) == (Outcome.RATE_LIMITED, 1)


@pytest.mark.promise("G4.resume", "R7.kill")
def test_a_run_waits_for_the_reset_over_a_kill_and_spends_no_attempt(project: Project) -> None:
    script = {"one": [[FAR], [write("a.py", "a = 1\n")]]}
    run = project.ask("run.start", plan=plan(project, script)).run_id
    now = project.wait_run(run, lambda now: bool(now.questions))
    (question,) = now.questions
    assert [each.doing for each in now.tasks] == ["waiting"]
    assert [each.doing for each in project.ask("run.activity", run=run).tasks] == ["waiting"]
    (row,) = project.ask("board.rows", node=now.plan_id).rows
    assert row.description == "one · waiting"
    assert (question.kind, question.about) == ("limit", f"{run}/one")
    assert question.until is not None
    assert 3500 < (question.until - question.asked_at).total_seconds() <= 3600
    assert question.text.endswith(": 429")
    kill_runner(project.root)
    assert project.ask("run.status", run=run).questions == (question,)
    assert podium(project.root, "answer", question.id, "retry").returncode == 0
    ended = project.wait_run(run, lambda now: now.ended)
    assert (ended.state, ended.tasks[0].attempt) == (RunState.COMPLETED, 1)
    assert [each[0] for each in calls(project, ended)] == [
        Outcome.RATE_LIMITED,
        Outcome.COMPLETED,
    ]


class _DaysLater:
    """The system clock, set ahead by a day."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=1)


def continue_a_day_later(project: Project) -> None:
    """Run the runner in this process, at a time one day later, until nothing is due."""
    lock = take_runner_lock(project.root)
    assert lock is not None, "the killed runner still holds the lock"
    try:
        run_runner(project.root, lock, _DaysLater())
    finally:
        lock.close()


@pytest.mark.promise("G4.resume", "G4.reset", "R7.kill")
def test_while_all_agents_rest_everything_is_killed_and_a_day_later_the_run_goes_on(
    project: Project,
) -> None:
    whole = [write("a.py", "a = 1\n")]
    plan_id = plan(project, {"one": [[FAR], whole, whole]}, {"one": [[FAR]] * 3})
    run = project.ask("run.start", plan=plan_id).run_id
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    kill_runner(project.root)

    continue_a_day_later(project)

    ended = project.ask("run.status", run=run)
    assert (ended.state, ended.questions) == (RunState.COMPLETED, ())
    assert (ended.tasks[0].attempt, landed(project, ended)) == (1, {"a.py"})
    (asked,) = project.ask("question.list", ended=True).questions
    assert (asked.id, asked.answer) == (question.id, "")
    assert [each[:2] for each in calls(project, ended)] == [
        (Outcome.RATE_LIMITED, 0),
        (Outcome.RATE_LIMITED, 1),
        (Outcome.COMPLETED, 0),
    ]


@pytest.mark.promise("G4.resume", "R7.kill")
def test_a_hold_asks_still_when_a_day_has_passed(project: Project) -> None:
    here = project.root.parent
    wait = f"touch {here}/reached; until [ -e {here}/go ]; do sleep 0.05; done"
    whole = [{"run": ["sh", "-c", wait]}, write("b.py", "b = 1\n")]
    limited = _agent(project, "limited", {"tasks": {"one": [[FAR], [write("a.py", "a = 1\n")]]}})
    other = _agent(project, "other", {"tasks": {"two": [whole]}})
    roles = {"executor": [limited], "writer": [other], "consultant": [limited]}
    tasks = [task("one"), task("two", role="writer")]
    plan_id = _plan(project, {"agents": {"roles": roles, "policy": {"on_limit": "hold"}}}, tasks)
    run = project.ask("run.start", plan=plan_id).run_id
    wait_for((here / "reached").exists)
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    kill_runner(project.root)
    (here / "go").touch()
    person = threading.Thread(target=_answer_after_two, args=(project.root, question.id))
    person.start()

    continue_a_day_later(project)
    person.join()

    ended = project.ask("run.status", run=run)
    assert (ended.state, landed(project, ended)) == (RunState.COMPLETED, {"a.py", "b.py"})
    (asked,) = project.ask("question.list", ended=True).questions
    assert (asked.id, asked.until, asked.answer) == (question.id, None, "retry")


def _answer_after_two(root: Path, question: str) -> None:
    """Answer once the other task is done, which shows that the runner has looked at both."""
    person = Project(root)
    person.wait_run("", lambda now: {each.id: each.phase for each in now.tasks}["two"] == "done")
    person.ask("question.answer", question=question, choice="retry")
    person.close()


@pytest.mark.promise("G3.reason", "R7.kill", "R7.once")
def test_a_call_under_way_is_waited_for_whatever_its_agents_are_allowed_since(
    project: Project,
) -> None:
    here = project.root.parent
    wait = f"touch {here}/reached; until [ -e {here}/go ]; do sleep 0.05; done"
    whole = [{"run": ["sh", "-c", wait]}, write("a.py", "a = 1\n")]
    plan_id = plan(project, {"one": [[FAR], whole]}, {"one": [whole, whole]})
    run = project.ask("run.start", plan=plan_id).run_id
    wait_for((here / "reached").exists)
    kill_runner(project.root)
    health, rested = HealthStore(), project.engine.clock.now() + timedelta(hours=1)
    health.change("playbook@login1", lambda each: AgentHealth(login=each.login))
    health.change("playbook@login2", lambda each: each.model_copy(update={"resting_until": rested}))
    (here / "go").touch()
    project.engine.start_runner()

    ended = project.wait_run(run, lambda now: now.ended or bool(now.questions))

    assert (ended.state, ended.questions) == (RunState.COMPLETED, ())
    assert [each[:2] for each in calls(project, ended)] == [
        (Outcome.RATE_LIMITED, 0),
        (Outcome.COMPLETED, 1),
    ]


@pytest.mark.promise("G3.connection", "G5.backoff")
def test_a_service_that_cannot_be_reached_is_called_again_then_replaced(project: Project) -> None:
    whole = [write("a.py", "a = 1\n")]
    status = project.run_to_end(
        plan(
            project,
            {"one": [[fail("unavailable")]] * 2},
            {"one": [whole] * 3},
            policy={"retries": 1, "first_pause_seconds": 0.05},
        )
    )
    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)
    assert [each[:2] for each in calls(project, status)] == [
        (Outcome.UNAVAILABLE, 0),
        (Outcome.UNAVAILABLE, 0),
        (Outcome.COMPLETED, 1),
    ]


@pytest.mark.promise("G5.transient")
def test_a_request_that_every_service_rejects_is_not_sent_to_another_one(project: Project) -> None:
    whole = [write("a.py", "a = 1\n")]
    rejected = {"one": [[fail("context-too-long")]]}
    status = project.run_to_end(plan(project, rejected, {"one": [whole] * 3}))
    assert (status.state, status.tasks[0].attempt) == (RunState.FAILED, 1)
    assert calls(project, status) == [(Outcome.CONTEXT_TOO_LONG, 0, "")]


@pytest.mark.parametrize("answer", ["fall-back", "fail"])
def test_a_person_decides_where_the_setting_is_hold(project: Project, answer: str) -> None:
    whole = [write("a.py", "a = 1\n")]
    plan_id = plan(project, {"one": [[FAR]] * 3}, {"one": [whole] * 2}, policy={"on_limit": "hold"})
    run = project.ask("run.start", plan=plan_id, max_attempts=1).run_id
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    assert question.until is None
    assert [each.id for each in question.choices] == ["retry", "fall-back", "fail"]
    project.ask("question.answer", question=question.id, choice=answer)
    ended = project.wait_run(run, lambda now: now.ended)
    expected = {"fall-back": RunState.COMPLETED, "fail": RunState.FAILED}
    assert ended.state is expected[answer]


def landed(project: Project, status: RunStatus) -> set[str]:
    """Return the files that the run added to its integration branch."""
    record = project.engine.store.get(layout.run(status.run_id))
    assert record is not None
    changed = git(
        project.root, "diff", "--name-only", f"{record.base_commit}..{record.integration_branch}"
    )
    return set(changed.split())


@pytest.mark.promise("G3.reply", "F4")
def test_another_auditor_reviews_what_the_first_one_cannot(project: Project) -> None:
    scripts: list[Json] = [
        {"audits": {"one": [[{"say": "looks fine to me"}]]}},
        {"audits": {"one": [[{"say": json.dumps({"findings": [], "criteria": []})}]]}},
    ]
    auditors = [_agent(project, f"auditor{each}", script) for each, script in enumerate(scripts)]
    whole = {"tasks": {"one": [[write("a.py", "a = 1\n")]]}}
    executor = [_agent(project, "executor", whole)]
    roles = {"executor": executor, "consultant": executor, "auditor": auditors}
    plan_id = _plan(project, {"agents": {"roles": roles}, "run": {"audit": True}})

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)
    executed, *reviews = calls(project, status)
    assert executed[:2] == (Outcome.COMPLETED, 0)
    assert reviews == [
        (Outcome.INVALID_REPLY, 0, ""),
        (Outcome.INVALID_REPLY, 0, ""),
        (Outcome.COMPLETED, 1, "playbook@auditor0: invalid-reply, playbook@auditor1 steps in"),
    ]
