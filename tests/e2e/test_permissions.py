"""An agent asks before single actions: a person answers in another face, or nobody does."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from podium.agents.local_dispatcher import LocalDispatcher
from podium.model import layout
from podium.model.agents import PermissionRequest
from podium.model.questions import Question
from podium.model.states import RunState
from podium.operations.rendering import markdown
from podium.operations.run.status import RunStatus
from podium.projects.trust import trust
from podium_mcp.presenters.runs import run_facts
from tests.adapters.fake import END, Act, says
from tests.support import fake_acp_agent
from tests.support.commands import podium
from tests.support.kills import kill, kill_runner
from tests.support.projects import Json, Project, task
from tests.support.waiting import wait_for

COMMAND = "touch ran.txt"


def asks_to_run(command: str = COMMAND, **more: Any) -> list[Act]:
    """Return the acts of an agent that asks to run a command, and runs it if it may."""
    asked = {"kind": "execute", "title": "a harmless title", "rawInput": {"command": command}}
    return [{"ask": asked | more}, {"run_if_allowed": ["sh", "-c", command]}]


def plan(
    project: Project,
    *acts: Act,
    ask: Sequence[str] = ("command",),
    tasks: Sequence[Json] = (),
    **settings: Any,
) -> str:
    """Return an approved plan of an agent that does these things in each of its calls."""
    place = project.root.parent
    script = place / "fake.json"
    script.write_text(json.dumps({"prompt": [*acts, says("done"), END]}))
    program = [sys.executable, fake_acp_agent.__file__, str(script), str(place / "log.jsonl")]
    agents: Json = {
        "default": "acp",
        "options": {"acp": {"command": json.dumps(program), "home": "private"}},
        "ask": list(ask),
        **settings,
    }
    settled = {"agents": agents, "run": {"max_attempts": 1}}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(settled))
    project.reopen()
    trust(project.root, project.engine.config.project)
    view = project.ask("plan.create", objective="Test", tasks=[*(tasks or [task("one")])])
    project.ask("plan.approve", plan=view.plan.id)
    return str(view.plan.id)


def question_of(project: Project, run: str) -> Question:
    """Wait for the question of a run, and return it."""
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    return question


def end_of(project: Project, run: str) -> RunStatus:
    return project.wait_run(run, lambda now: now.ended)


def decisions(project: Project, run: str) -> list[tuple[bool, str]]:
    """Return what was decided about the actions of the first task, in the record of its call."""
    folder = LocalDispatcher(project.engine.calls).folder(f"{run}/one/1/execute")
    events = [each for each in folder.events() if isinstance(each, PermissionRequest)]
    return [(each.allowed, each.reason) for each in events]


def ran(project: Project, run: str) -> bool:
    """Return whether the command was run, so that its file is part of the result."""
    record = project.engine.store.get(layout.task_run(run, "one"))
    assert record is not None
    return "ran.txt" in record.attempt.changed_files


@pytest.mark.promise("X2.per-action")
@pytest.mark.parametrize("choice", ["allow", "allow-for-task", "deny"])
def test_a_person_decides_on_a_command_in_another_face(project: Project, choice: str) -> None:
    run = project.ask("run.start", plan=plan(project, *asks_to_run())).run_id
    question = question_of(project, run)
    assert (question.kind, question.about) == ("permission", f"{run}/one")
    assert question.text == "acp asks to run a command"
    assert [(each.name, each.text) for each in question.facts] == [("command", COMMAND)]
    assert [each.id for each in question.choices] == ["allow", "allow-for-task", "deny"]
    assert COMMAND in podium(project.root, "questions").stdout
    assert COMMAND in podium(project.root, "status").stdout
    status = project.ask("run.status", run=run)
    assert f"```\n{COMMAND}\n```" in markdown(status)
    assert f"```\n{COMMAND}\n```" in markdown(project.ask("question.list"))
    assert run_facts(status)["waits"] == {question.id: f"acp asks to run a command: {COMMAND}"}
    form = project.ask(
        "prompt.form", operation="question.answer", given={"question": question.id}
    ).question
    assert form.prompt == f"acp asks to run a command: {COMMAND}"
    assert [each.value for each in form.choices] == ["allow", "allow-for-task", "deny"]
    assert podium(project.root, "answer", question.id, choice).returncode == 0

    end_of(project, run)
    allowed = choice != "deny"
    ((was_allowed, reason),) = decisions(project, run)
    assert was_allowed is allowed
    assert reason.startswith("allowed by " if allowed else "denied by ")
    assert ran(project, run) is allowed


@pytest.mark.promise("X2.per-action")
def test_no_answer_in_time_means_no(project: Project) -> None:
    run = project.ask("run.start", plan=plan(project, *asks_to_run(), ask_seconds=0.3)).run_id
    end_of(project, run)
    assert decisions(project, run) == [(False, "no person answered in time")]
    assert not ran(project, run)
    (question,) = project.ask("question.list", ended=True).questions
    assert (question.answer, question.is_open) == ("", False)


@pytest.mark.promise("X2.per-action")
def test_what_is_not_listed_is_decided_by_the_role(project: Project) -> None:
    status = project.run_to_end(plan(project, *asks_to_run(), ask=["network", "delete"]))
    assert decisions(project, status.run_id) == [(True, "")]
    assert project.ask("question.list", ended=True).questions == ()


@pytest.mark.promise("X2.per-action", "G6")
def test_the_limits_of_a_call_stand_still_while_it_waits_for_a_person(project: Project) -> None:
    script = [*asks_to_run(), {"run": ["sh", "-c", "until [ -e go ]; do sleep 0.05; done"]}]
    run = project.ask("run.start", plan=plan(project, *script)).run_id
    question = question_of(project, run)
    call = LocalDispatcher(project.engine.calls).folder(f"{run}/one/1/execute")
    assert len({call.limit_clock.now() for _ in range(3)}) == 1
    project.ask("question.answer", question=question.id, choice="allow")
    wait_for(lambda: not call.asks.unanswered() and decisions(project, run) != [])
    assert len({call.limit_clock.now() for _ in range(3)}) == 3
    (Path(call.request().folder) / "go").touch()
    assert end_of(project, run).tasks[0].attempt == 1


@pytest.mark.promise("X2.per-action")
def test_an_answer_for_the_task_is_remembered_shown_and_revoked(project: Project) -> None:
    again = {"run": ["sh", "-c", "until [ -e go ]; do sleep 0.05; done"]}
    script = [*asks_to_run(), *asks_to_run("touch two.txt"), again, *asks_to_run("touch three.txt")]
    run = project.ask("run.start", plan=plan(project, *script)).run_id
    first = question_of(project, run)
    project.ask("question.answer", question=first.id, choice="allow-for-task")
    wait_for(lambda: len(decisions(project, run)) == 2)
    assert decisions(project, run)[1][1].endswith(" for the whole task")

    status = project.ask("run.status", run=run)
    assert status.tasks[0].allowed == ("command",)
    assert "allowed for this task: command" in podium(project.root, "status").stdout
    shown = podium(project.root, "questions", "--remembered").stdout
    assert f"podium questions revoke {first.id}" in shown
    assert podium(project.root, "questions", "revoke", first.id).returncode == 0
    assert (
        "No permissions are remembered" in podium(project.root, "questions", "--remembered").stdout
    )
    assert podium(project.root, "questions", "revoke", first.id).returncode != 0

    call = LocalDispatcher(project.engine.calls).folder(f"{run}/one/1/execute")
    (Path(call.request().folder) / "go").touch()
    third = question_of(project, run)
    assert [each.text for each in third.facts] == ["touch three.txt"]
    project.ask("question.answer", question=third.id, choice="deny")
    end_of(project, run)
    assert [allowed for allowed, _ in decisions(project, run)] == [True, True, False]


@pytest.mark.promise("X2.per-action", "R7.kill")
def test_a_question_outlives_the_runner(project: Project) -> None:
    run = project.ask("run.start", plan=plan(project, *asks_to_run())).run_id
    question = question_of(project, run)
    kill_runner(project.root)
    assert project.ask("run.status", run=run).questions == (question,)
    project.ask("question.answer", question=question.id, choice="allow")
    assert end_of(project, run).tasks[0].attempt == 1
    assert ran(project, run)
    assert len(project.ask("question.list", ended=True).questions) == 1


@pytest.mark.promise("X2.per-action", "R7.kill")
@pytest.mark.parametrize("is_runner_dead", [False, True])
def test_the_question_of_a_dead_call_is_withdrawn_and_the_next_try_asks_again(
    project: Project, is_runner_dead: bool
) -> None:
    run = project.ask("run.start", plan=plan(project, *asks_to_run())).run_id
    lost = question_of(project, run)
    start = LocalDispatcher(project.engine.calls).folder(f"{run}/one/1/execute").start()
    assert start is not None
    if is_runner_dead:
        kill_runner(project.root)
    kill(start.shim.pid)
    if is_runner_dead:
        project.engine.start_runner()
    again = project.wait_run(
        run, lambda now: [each.id for each in now.questions] not in ([], [lost.id])
    )
    (question,) = again.questions
    ended = project.ask("question.list", ended=True).questions[0]
    assert (ended.id, ended.is_open, ended.answer) == (lost.id, False, "")
    project.ask("question.answer", question=question.id, choice="allow")
    end_of(project, run)
    assert ran(project, run)


@pytest.mark.promise("X2.per-action")
def test_a_cancelled_run_leaves_no_question(project: Project) -> None:
    run = project.ask("run.start", plan=plan(project, *asks_to_run())).run_id
    question_of(project, run)
    project.ask("run.cancel", run=run)
    assert end_of(project, run).state is RunState.CANCELLED
    assert project.ask("question.list").questions == ()


def test_two_calls_ask_at_once(project: Project) -> None:
    tasks = [task("one"), task("two")]
    made = plan(project, *asks_to_run(), tasks=tasks)
    run = project.ask("run.start", plan=made, max_parallel=2).run_id
    now = project.wait_run(run, lambda now: len(now.questions) == 2)
    for question in now.questions:
        choice = "allow" if question.task_id == "one" else "deny"
        project.ask("question.answer", question=question.id, choice=choice)
    end_of(project, run)
    assert ran(project, run)
    other = project.engine.store.get(layout.task_run(run, "two"))
    assert other is not None
    assert "ran.txt" not in other.attempt.changed_files
