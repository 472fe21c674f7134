"""Doubts about an agent's files: the task, the agent, the auditor or a person answers, once."""

import json

import pytest

from podium.errors import NotTrusted
from podium.model import layout
from podium.model.agents import CallPurpose
from podium.model.doubts import AuditorAnswer, LeftOpen, PersonAnswer, TaskAnswer, WriterAnswer
from podium.model.questions import Question
from podium.model.runs import Attempt
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from podium.projects.trust import trust
from tests.lsp_server.wire import Editor
from tests.support.projects import (
    Json,
    Project,
    answers_doubts,
    audits_doubts,
    task,
    write,
)
from tests.support.repositories import commit_files, git
from tests.support.runners import Runners

STUB = "def size(path: str) -> int:\n    raise NotImplementedError\n"
"""A new file with one doubt, which its author may confirm."""
WHOLE = "def size(path: str) -> int:\n    return len(path)\n"
PLACE = "size.py:1"
REASON = "Subclasses in the next task override it."

TOTAL = '''\
def total(rows: list[int]) -> int:
    """Return the sum of the positive rows."""
    found_so_far = 0
    for current_row in rows:
        if current_row > 0:
            found_so_far += current_row
    return found_so_far
'''
HOLLOW = '''\
def total(rows: list[int]) -> int:
    """Return the sum of the positive rows."""
    pass
'''
"""A change with one doubt, which its author cannot confirm."""


def settle(project: Project, *, trusted: bool = True, **run: object) -> None:
    (project.root / ".podium" / "config.yaml").write_text(json.dumps({"run": run}))
    project.reopen()
    if trusted:
        trust(project.root, project.engine.config.project)


def begin(project: Project, *contents: str, **fields: object) -> str:
    """Make an approved plan of one task whose attempts write these contents."""
    script = {"a": [[write("size.py", each)] for each in contents]}
    ledger = str(project.root.parent / "ledger")
    return project.plan([task("a", **fields)], script, options={"ledger": ledger})


def attempts(project: Project, run: str) -> tuple[Attempt, ...]:
    record = project.engine.store.get(layout.task_run(run, "a"))
    assert record is not None
    return record.attempts


def merged(project: Project, status: RunStatus, path: str = "size.py") -> str:
    assert status.state is RunState.COMPLETED
    return git(project.root, "show", f"{status.integration_branch}:{path}") + "\n"


def hollowing(project: Project) -> str:
    """Make an approved plan of one task that empties a function."""
    commit_files(project.root, {"total.py": TOTAL})
    return project.plan([task("a")], {"a": [[write("total.py", HOLLOW)]]})


def question_of(project: Project, run: str) -> Question:
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    return question


def confirm(place: str = PLACE, reason: str = REASON) -> Json:
    return {"confirm": {"place": place, "reason": reason}}


@pytest.mark.promise("V6.asked")
def test_a_doubt_that_nobody_answers_fails_the_attempt(project: Project) -> None:
    status = project.run_to_end(begin(project, STUB), max_attempts=1)
    assert status.state is RunState.FAILED
    (attempt,) = attempts(project, status.run_id)
    assert attempt.problem.startswith(f"a doubt was not answered: {PLACE}: ")
    assert PLACE in attempt.feedback
    (gate,) = [each for each in attempt.gates if not each.passed]
    assert [(each.place, each.code) for each in gate.doubts] == [(PLACE, "stub")]
    assert gate.problems == ()
    (asked,) = [each for each in attempt.calls if each.purpose is CallPurpose.DOUBTS]
    assert asked.role == "executor"
    assert isinstance(attempt.results[-2].answers[0].answer, LeftOpen)


@pytest.mark.promise("V6.task")
def test_the_words_of_the_task_answer_a_doubt(project: Project) -> None:
    words = "Add `size.py` with a stub of `size`."
    status = project.run_to_end(begin(project, STUB, description=words))
    assert merged(project, status) == STUB
    (attempt,) = attempts(project, status.run_id)
    (answered,) = attempt.doubts
    assert answered.answer == TaskAnswer(sentence=words)
    assert [each.purpose for each in attempt.calls] == [CallPurpose.WORK]


@pytest.mark.promise("V6.confirmed", "V6.evidence")
def test_a_doubt_that_its_agent_confirms_lands_with_the_reason(project: Project) -> None:
    plan = begin(project, STUB)
    answers_doubts(project, {"a": [[confirm()]]})
    status = project.run_to_end(plan)
    assert merged(project, status) == STUB
    (attempt,) = attempts(project, status.run_id)
    (answered,) = attempt.doubts
    assert answered.answer == WriterAnswer(agent="playbook", reason=REASON)
    assert [each.purpose for each in attempt.calls] == [CallPurpose.WORK, CallPurpose.DOUBTS]


@pytest.mark.promise("V6.confirmed")
def test_the_agent_completes_what_it_is_asked_about(project: Project) -> None:
    plan = begin(project, STUB)
    answers_doubts(project, {"a": [[write("size.py", WHOLE)]]})
    status = project.run_to_end(plan)
    assert merged(project, status) == WHOLE
    (attempt,) = attempts(project, status.run_id)
    assert attempt.doubts == ()


@pytest.mark.promise("V6.confirmed")
def test_an_agent_cannot_confirm_what_it_must_complete(project: Project) -> None:
    plan = hollowing(project)
    answers_doubts(project, {"a": [[confirm("total.py", "It is not needed any more.")]]})
    status = project.run_to_end(plan, max_attempts=1)
    assert status.state is RunState.FAILED
    (attempt,) = attempts(project, status.run_id)
    assert attempt.doubts == ()
    answers = [each.answer for result in attempt.results for each in result.answers]
    why = "it confirmed text that its author can only complete: It is not needed any more."
    assert answers == [LeftOpen(agent="playbook", why=why)]


@pytest.mark.promise("V6.confirmed")
def test_what_was_confirmed_wrongly_is_completed_in_the_next_attempt(project: Project) -> None:
    plan = hollowing(project)
    given = [[confirm("total.py")], [write("total.py", TOTAL + "\nLIMIT = 3\n")]]
    answers_doubts(project, {"a": given})
    status = project.run_to_end(plan, max_attempts=2)
    assert merged(project, status, "total.py") == TOTAL + "\nLIMIT = 3\n"


@pytest.mark.promise("V6.confirmed", "V6.evidence")
def test_the_auditor_decides_about_what_the_agent_left_open(project: Project) -> None:
    settle(project, doubts="auditor")
    plan = hollowing(project)
    audits_doubts(project, {"a": [[confirm("total.py", "Nothing calls it.")]]})
    status = project.run_to_end(plan)
    assert merged(project, status, "total.py") == HOLLOW
    (attempt,) = attempts(project, status.run_id)
    (answered,) = attempt.doubts
    decided = AuditorAnswer(agent="playbook", confirmed=True, reason="Nothing calls it.")
    assert answered.answer == decided
    assert [(each.role, each.purpose) for each in attempt.calls] == [
        ("executor", "work"),
        ("executor", "doubts"),
        ("auditor", "doubts"),
    ]


@pytest.mark.promise("V6.confirmed")
def test_the_auditor_rejects_unless_it_confirms(project: Project) -> None:
    settle(project, doubts="auditor", max_attempts=1)
    status = project.run_to_end(hollowing(project))
    assert status.state is RunState.FAILED
    (attempt,) = attempts(project, status.run_id)
    assert isinstance(attempt.results[-2].answers[0].answer, AuditorAnswer)
    assert attempt.problem.startswith("a doubt was not answered: total.py:")


@pytest.mark.promise("V6.confirmed", "V6.evidence", "R7.kill", "R7.waits")
@pytest.mark.parametrize("choice", ["confirm", "reject"])
def test_a_person_answers_in_the_editor_while_the_runner_of_a_waiting_run_is_dead(
    project: Project, runners: Runners, choice: str
) -> None:
    settle(project, doubts="person", max_attempts=1)
    run = project.start_unattended(hollowing(project)).run_id
    runners.start()
    question = question_of(project, run)
    assert (question.kind, question.about) == ("doubt", f"{run}/a")
    assert question.text.startswith("Is this intended? total.py:")
    assert [each.id for each in question.choices] == ["confirm", "reject"]
    runners.kill()
    with Editor(project.root) as editor:
        editor.initialize()
        given: Json = {"question": question.id}
        call = {"command": "podium.question.answer", "given": given}
        form = editor.command("podium.missing", **call)["question"]
        assert form["prompt"].startswith("Is this intended? total.py:1: the body of `total`")
        assert [each["value"] for each in form["choices"]] == ["confirm", "reject"]
        editor.command("podium.question.answer", **given, choice=choice)
    status = project.wait_run(run, lambda now: now.ended)
    (attempt,) = attempts(project, run)
    assert [each.purpose for each in attempt.calls] == ["work", "doubts"]
    if choice == "confirm":
        assert merged(project, status, "total.py") == HOLLOW
        (answered,) = attempt.doubts
        assert isinstance(answered.answer, PersonAnswer)
        assert (answered.answer.by.kind, answered.answer.by.face) == ("person", "lsp")
        assert "confirmed by person" in project.ask("run.report", run=run).markdown
        assert len(project.ask("task.show", task="a").progress.doubts) == 1
    else:
        assert status.state is RunState.FAILED
        assert attempt.problem.startswith("a doubt was not confirmed: total.py:")
    (ended,) = project.ask("question.list", ended=True).questions
    assert ended.answer == choice


@pytest.mark.promise("V6.confirmed")
def test_a_doubt_is_asked_about_once_although_the_branch_moved(project: Project) -> None:
    """The gates run again on the merged tree, in which the doubtful lines have moved."""
    commit_files(project.root, {"size.py": f'"""Sizes."""\n\n\n{WHOLE}'})
    head, tail = f'"""Sizes."""\n\n\n{WHOLE}', STUB.replace("size(", "weight(")
    script = {
        "a": [[{"delay": 0.3}, write("size.py", f"{head}\n\n{tail}")]],
        "b": [[write("size.py", head.replace("Sizes.", "Sizes.\n\nOf files."))]],
    }
    plan = project.plan([task("a"), task("b")], script)
    answers_doubts(project, {"a": [[confirm("size.py")]]})
    status = project.run_to_end(plan, max_parallel=2, max_attempts=1)
    assert status.state is RunState.COMPLETED
    (attempt,) = attempts(project, status.run_id)
    stages = [gate.stage for gate in attempt.gates if gate.answers]
    assert stages == ["attempt", "merged"]
    assert [each.purpose for each in attempt.calls] == ["work", "doubts"]


@pytest.mark.promise("V6.confirmed")
@pytest.mark.parametrize("judge", ["agent", "auditor", "person"])
def test_a_project_needs_trust_unless_it_wants_a_person_to_decide(
    project: Project, judge: str
) -> None:
    settle(project, trusted=False, doubts=judge)
    plan = begin(project, WHOLE)
    if judge == "person":
        assert project.run_to_end(plan).state is RunState.COMPLETED
    else:
        with pytest.raises(NotTrusted):
            project.run_to_end(plan)
