"""A run reaches a limit of its budget: it warns, then asks, and does what the person decides."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from podium.agents.local_dispatcher import LocalDispatcher
from podium.app.runner_process import run_runner
from podium.model import layout
from podium.model.agents import Outcome
from podium.model.rules.budgets import local_day
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from podium.projects.trust import trust
from podium.runs.runner_lock import take_runner_lock
from tests.lsp_server.wire import Editor
from tests.support.commands import podium
from tests.support.kills import kill_runner
from tests.support.projects import Json, Project, task, write

FAILS: Json = {"fail": {"outcome": "failed", "detail": "it did not work"}}


def used(usd: float | None = None, **more: Any) -> Json:
    """Return a playbook step that reports what the call used."""
    return {"use": {**({} if usd is None else {"cost_usd": usd}), **more}}


def plan(project: Project, *usd: float, **budget: Json) -> str:
    """Return an approved plan with a task for each cost, one after the other."""
    _set(project, budget)
    names = [f"t{number}" for number in range(1, len(usd) + 1)]
    befores: list[tuple[str, ...]] = [(), *((each,) for each in names)]
    tasks = [task(each, *before) for each, before in zip(names, befores, strict=False)]
    script = {
        each: [[write(f"{each}.py", "a = 1\n"), used(cost)]]
        for each, cost in zip(names, usd, strict=True)
    }
    return project.plan(tasks, script)


def _set(project: Project, budget: Json) -> None:
    (project.root / ".podium" / "config.yaml").write_text(json.dumps({"budget": budget}))
    project.reopen()
    trust(project.root, project.engine.config.project)


def asked(project: Project, run: str) -> Any:
    """Wait for the run's only open question."""
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    return question


def phases(status: RunStatus) -> list[str]:
    return [str(each.phase) for each in status.tasks]


@pytest.mark.promise("G11.hold", "G11.warn", "R7.kill")
def test_at_a_limit_the_run_asks_and_continues_once_it_is_raised(project: Project) -> None:
    plan_id = plan(project, 0.9, 0.3, 0.5, run={"usd": 1})
    run = project.ask("run.start", plan=plan_id).run_id

    question = asked(project, run)

    assert (question.kind, question.about, question.until) == ("budget", run, None)
    assert question.text == "The budget is used up: the run has used 1.20 of 1.00 USD"
    assert [each.id for each in question.choices] == ["raise", "finish", "stop"]
    assert question.choices[0].label == "Raise the limit to 2.00 USD"
    kill_runner(project.root)
    status = podium(project.root, "status").stdout
    assert question.text in " ".join(status.split())
    assert podium(project.root, "answer", question.id, "raise").returncode == 0
    ended = project.wait_run(run, lambda now: now.ended)
    assert ended.state is RunState.COMPLETED
    assert ended.spent.usd == pytest.approx(1.7)
    log = [each.message for each in project.ask("run.log", run=run).lines]
    assert [each for each in log if each.startswith("budget: ")] == [
        "budget: the run has used 0.90 of 1.00 USD",
        "budget: the run has used 1.70 of 2.00 USD",
    ]
    assert ended.budget == ("the run has used 1.70 of 2.00 USD",)
    assert "Budget: the run has used 1.70 of 2.00 USD" in podium(project.root, "report").stdout


@pytest.mark.promise("G11.hold")
def test_a_limit_raised_in_the_editor_lets_the_run_complete(project: Project) -> None:
    plan_id = plan(project, 0.9, 0.3, 0.5, run={"usd": 1})
    with Editor(project.root) as editor:
        editor.initialize()
        run = editor.command("podium.run.start", plan=plan_id)["run_id"]
        question = asked(project, run)
        answered = editor.command("podium.question.answer", question=question.id, choice="raise")
        assert answered["answer"] == "raise"
        ended = project.wait_run(run, lambda now: now.ended)
        rows = editor.command("podium.usage.show", by="task")["rows"]
    assert (ended.state, phases(ended)) == (RunState.COMPLETED, ["done"] * 3)
    assert [(row["name"], row["cost"]) for row in rows] == [
        (f"{plan_id}/t1", "0.90 USD"),
        (f"{plan_id}/t2", "0.30 USD"),
        (f"{plan_id}/t3", "0.50 USD"),
    ]


@pytest.mark.promise("G11.hold")
def test_finish_completes_the_attempts_in_progress_and_then_pauses(project: Project) -> None:
    plan_id = plan(project, 0.9, 0.3, 0.5, run={"calls": 1})
    run = project.ask("run.start", plan=plan_id).run_id
    question = asked(project, run)
    assert question.text == "The budget is used up: the run has used 1 of 1 call"

    project.ask("question.answer", question=question.id, choice="finish")

    paused = project.wait_run(run, lambda now: now.state is RunState.PAUSED)
    assert (phases(paused), paused.questions) == (["done", "done", "waiting"], ())
    project.ask("run.resume", run=run)
    again = asked(project, run)
    assert again.text == "The budget is used up: the run has used 2 of 1 call"
    project.ask("question.answer", question=again.id, choice="stop")
    ended = project.wait_run(run, lambda now: now.ended)
    assert (ended.state, phases(ended)) == (RunState.CANCELLED, ["done", "done", "cancelled"])


@pytest.mark.promise("G11.usage", "R7.cancel")
def test_a_call_that_is_cancelled_with_its_run_counts(project: Project) -> None:
    run = _run_with_a_call_under_way(project)
    project.ask("run.cancel", run=run)
    project.wait_run(run, lambda now: now.ended)
    _check_that_the_call_counts(project, run)


@pytest.mark.promise("G11.usage", "R7.cancel", "R7.kill")
def test_a_cancelled_call_counts_although_the_runner_died(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run_with_a_call_under_way(project)
    kill_runner(project.root)
    lock = take_runner_lock(project.root)
    assert lock is not None, "the killed runner still holds the lock"
    with closing(lock), monkeypatch.context() as dying:
        project.ask("run.cancel", run=run)
        dying.setattr(LocalDispatcher, "cancel", _die)
        with pytest.raises(_Died):
            run_runner(project.root, lock)
    assert phases(project.ask("run.status", run=run)) == ["cancelled"]
    lock = take_runner_lock(project.root)
    assert lock is not None
    with closing(lock):
        run_runner(project.root, lock)
    _check_that_the_call_counts(project, run)


def _run_with_a_call_under_way(project: Project) -> str:
    project.plan([task("one")], {"one": [[{"run": ["sleep", "3000"]}]]})
    run: str = project.ask("run.start").run_id
    calls = project.root / ".podium" / "run" / "calls" / run
    project.wait_run(run, lambda now: any(calls.glob("one/*/*/start.json")))
    return run


def _check_that_the_call_counts(project: Project, run: str) -> None:
    ended = project.ask("run.status", run=run)
    assert (ended.state, phases(ended)) == (RunState.CANCELLED, ["cancelled"])
    assert [row.calls for row in project.ask("usage.show").rows] == [1]
    record = project.engine.store.get(layout.task_run(run, "one"))
    assert record is not None
    (call,) = record.attempt.calls
    assert (call.agent, call.outcome) == ("playbook", Outcome.CANCELLED)


async def _die(*_: object) -> None:
    raise _Died


class _Died(BaseException):
    """The runner's death between two steps."""


@pytest.mark.promise("G11.scopes", "G11.hold")
@pytest.mark.parametrize(
    ("answer", "phase"), [("raise", "done"), ("finish", "done"), ("stop", "cancelled")]
)
def test_a_task_at_its_limit_holds_no_other_task(project: Project, answer: str, phase: str) -> None:
    _set(project, {"task": {"tokens": 100}})
    tokens = used(input_tokens=90, output_tokens=20)
    whole = [write("a.py", "a = 1\n")]
    plan_id = project.plan(
        [task("one"), task("two")],
        {"one": [[tokens, FAILS], whole], "two": [[write("b.py", "b = 1\n"), tokens]]},
    )
    run = project.ask("run.start", plan=plan_id).run_id

    question = asked(project, run)

    assert question.about == f"{run}/one"
    assert question.text == "The budget is used up: task one has used 110 of 100 tokens"
    project.wait_run(run, lambda now: phases(now)[1] == "done")
    project.ask("question.answer", question=question.id, choice=answer)
    ended = project.wait_run(run, lambda now: now.ended)
    one = ended.tasks[0]
    assert (one.phase, one.attempt) == (phase, 2)
    if answer == "stop":
        assert one.problem == "cancelled by a person, because its budget is used up"


@pytest.mark.promise("G11.scopes", "G11.measures")
def test_an_expensive_call_is_asked_about_before_the_next_one(project: Project) -> None:
    plan_id = plan(project, 0.6, 0.5, call={"usd": 0.5, "minutes": 30})
    run = project.ask("run.start", plan=plan_id).run_id
    question = asked(project, run)
    assert question.text == "The budget is used up: one call has used 0.60 of 0.50 USD"
    assert question.choices[0].label == "Raise the limit to 1.00 USD"
    project.ask("question.answer", question=question.id, choice="raise")
    assert project.wait_run(run, lambda now: now.ended).state is RunState.COMPLETED


@pytest.mark.promise("G11.hold")
def test_one_answer_raises_a_limit_beyond_what_is_used(project: Project) -> None:
    run = project.ask("run.start", plan=plan(project, 0.46, 0.02, run={"usd": 0.1})).run_id
    question = asked(project, run)
    assert [each.id for each in question.choices] == ["raise-4", "finish", "stop"]
    assert question.choices[0].label == "Raise the limit to 0.50 USD"
    line = next(each for each in podium(project.root, "status").stdout.splitlines() if "?" in each)
    assert f"podium answer {question.id} (raise-4, finish, stop)" in " ".join(line.split())
    project.ask("question.answer", question=question.id, choice="raise-4")
    ended = project.wait_run(run, lambda now: now.ended)
    assert ended.state is RunState.COMPLETED


class _TwoDaysLater:
    """The system clock, set ahead by two days."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=2)


@pytest.mark.promise("G11.scopes", "G11.hold", "R7.kill")
def test_a_daily_limit_covers_all_runs_and_ends_with_the_day(project: Project) -> None:
    first = plan(project, 0.5, day={"calls": 1})
    assert project.run_to_end(first).state is RunState.COMPLETED
    second = plan(project, 0.5, day={"calls": 1})
    run = project.ask("run.start", plan=second).run_id
    question = asked(project, run)
    today = local_day(question.asked_at)
    assert question.text == f"The budget is used up: {today} has used 1 of 1 call"
    assert question.until is not None
    assert local_day(question.until) == today + timedelta(days=1)
    usage = project.ask("usage.show")
    assert usage.limits == (f"{today} has used 1 of 1 call",)
    kill_runner(project.root)
    lock = take_runner_lock(project.root)
    assert lock is not None, "the killed runner still holds the lock"
    try:
        run_runner(project.root, lock, _TwoDaysLater())
    finally:
        lock.close()
    ended = project.ask("run.status", run=run)
    assert (ended.state, ended.questions) == (RunState.COMPLETED, ())


@pytest.mark.promise("G11.hold")
def test_a_question_of_a_cancelled_run_is_no_longer_open(project: Project) -> None:
    plan_id = plan(project, 0.9, 0.3, run={"calls": 1})
    run = project.ask("run.start", plan=plan_id).run_id
    asked(project, run)
    project.ask("run.cancel", run=run)
    project.wait_run(run, lambda now: now.ended)
    assert project.ask("question.list").questions == ()


@pytest.mark.promise("G11.hold", "R7.kill")
def test_a_call_under_way_ends_while_the_run_is_held(project: Project) -> None:
    here = project.root.parent
    wait = f"touch {here}/reached; until [ -e {here}/go ]; do sleep 0.05; done"
    slow = [{"run": ["sh", "-c", wait]}, write("two.py", "b = 1\n"), used(0.5)]
    content = {"budget": {"run": {"usd": 1}}, "run": {"max_parallel": 2}}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(content))
    project.reopen()
    trust(project.root, project.engine.config.project)
    quick = {"run": ["sh", "-c", f"until [ -e {here}/reached ]; do sleep 0.05; done"]}
    plan_id = project.plan(
        [task("one"), task("two"), task("three")],
        {
            "one": [[quick, write("one.py", "a = 1\n"), used(1.5)]],
            "two": [slow],
            "three": [[write("three.py", "c = 1\n")]],
        },
    )
    run = project.ask("run.start", plan=plan_id).run_id

    question = asked(project, run)

    assert question.text == "The budget is used up: the run has used 1.50 of 1.00 USD"
    (here / "go").touch()
    held = project.wait_run(run, lambda now: now.spent.calls == 2)
    assert (held.spent.usd, [each.id for each in held.questions]) == (2.0, [question.id])
    assert phases(held)[2] != "done"
    project.ask("question.answer", question=question.id, choice="raise")
    again = project.wait_run(
        run, lambda now: now.ended or any(each.id != question.id for each in now.questions)
    )
    assert again.questions[0].text == "The budget is used up: the run has used 2.00 of 2.00 USD"
    project.ask("question.answer", question=again.questions[0].id, choice="raise")
    ended = project.wait_run(run, lambda now: now.ended)
    assert (ended.state, phases(ended)) == (RunState.COMPLETED, ["done"] * 3)
