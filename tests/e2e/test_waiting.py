"""A run waits for the end of a question, which outlives its runner."""

import pytest

from podium.model.states import RunState
from tests.support.commands import podium
from tests.support.kills import kill_runner
from tests.support.projects import Project, task, write

LIMITED = {"fail": {"outcome": "rate-limited", "detail": "429", "retry_after_seconds": 3600}}


def plan(project: Project, seconds: float) -> str:
    """Return a plan whose first task hits a limit once; the second one does not depend on it."""
    limited = {"fail": {**LIMITED["fail"], "retry_after_seconds": seconds}}
    return project.plan(
        [task("one"), task("two")],
        {
            "one": [[limited], [write("a.py", "a = 1\n")]],
            "two": [[write("b.py", "b = 1\n")]],
        },
    )


@pytest.mark.promise("R7.kill")
def test_a_limit_holds_the_tasks_of_its_agent_and_outlives_the_runner(project: Project) -> None:
    run = project.ask("run.start", plan=plan(project, 3600)).run_id
    now = project.wait_run(run, lambda now: len(now.questions) == 2)
    assert [(each.kind, each.about) for each in now.questions] == [
        ("limit", f"{run}/one"),
        ("limit", f"{run}/two"),
    ]
    question = now.questions[0]
    assert question.until is not None
    assert 3500 < (question.until - question.asked_at).total_seconds() <= 3600
    assert question.text.startswith("playbook rests until ")
    assert question.text.endswith(": 429")

    kill_runner(project.root)
    assert project.ask("run.status", run=run).questions == now.questions

    listed = podium(project.root, "questions")
    assert question.text in listed.stdout
    assert podium(project.root, "answer", question.id, "retry").returncode == 0
    ended = project.wait_run(run, lambda now: now.ended)
    assert (ended.state, ended.tasks[0].attempt) == (RunState.COMPLETED, 1)


def test_the_time_of_a_limit_ends_it(project: Project) -> None:
    status = project.run_to_end(plan(project, 0.2))
    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)
    questions = project.ask("question.list", ended=True).questions
    assert {(each.answer, each.is_open) for each in questions} == {("", False)}
