"""Doubts about the work of an assistant or a person in the checkout: listed, and answered once."""

import pytest

from podium.errors import EvidenceMissing, ValidationError
from podium.model import layout
from podium.model.doubts import PersonAnswer, WriterAnswer
from podium.model.progress import TaskProgress
from podium.model.states import TaskState
from tests.e2e.test_doubts import HOLLOW, STUB, TOTAL, WHOLE
from tests.support.commands import podium
from tests.support.projects import AGENT, Project, task
from tests.support.repositories import commit_files

PLACE = "size.py:1"
REASON = "a later task writes it"


def claimed(project: Project, **fields: object) -> str:
    """Make an approved plan of one task, and claim it as an agent; return the task."""
    view = project.ask("plan.create", objective="Test", tasks=[task("a", **fields)])
    project.ask("plan.approve", plan=view.plan.id)
    project.ask("task.claim", by=AGENT, plan=view.plan.id)
    return f"{view.plan.id}/a"


def progress(project: Project, name: str) -> TaskProgress:
    plan, _, own = name.partition("/")
    found = project.engine.store.get(layout.progress(plan, own))
    assert found is not None
    return found


@pytest.mark.promise("V6.asked", "V6.confirmed", "V6.evidence")
def test_an_agent_confirms_the_doubts_that_are_listed(project: Project) -> None:
    name = claimed(project)
    (project.root / "size.py").write_text(STUB)
    with pytest.raises(EvidenceMissing) as caught:
        project.ask("task.complete", by=AGENT, task=name)
    assert f"{PLACE}: `size` is a stub" in str(caught.value)
    assert f'podium done {name} --confirm "{PLACE}=what replaces it"' in caught.value.hints
    with pytest.raises(ValidationError, match=f"the open doubts are: {PLACE}"):
        project.ask("task.complete", by=AGENT, task=name, confirm={"size.py:9": REASON})

    project.ask("task.complete", by=AGENT, task=name, confirm={PLACE: REASON})
    after = progress(project, name)
    assert after.state is TaskState.DONE
    (answered,) = after.doubts
    assert (answered.doubt.place, answered.doubt.code) == (PLACE, "stub")
    assert answered.answer == WriterAnswer(agent="claude", reason=REASON)
    shown = f"confirmed by claude, which wrote it: {REASON}"
    assert shown in podium(project.root, "task", name).stdout
    assert shown in podium(project.root, "check", name.partition("/")[0]).stdout


@pytest.mark.promise("V6.confirmed")
def test_an_answer_counts_although_another_check_fails(project: Project) -> None:
    criterion = {"id": "c1", "text": "It is there", "command": ["test", "-e", "more.txt"]}
    name = claimed(project, acceptance=[criterion])
    (project.root / "size.py").write_text(STUB)
    with pytest.raises(EvidenceMissing, match="the criterion c1 gate failed"):
        project.ask("task.complete", by=AGENT, task=name, confirm={PLACE: REASON})
    (project.root / "more.txt").write_text("more\n")
    project.ask("task.complete", by=AGENT, task=name)
    assert [each.doubt.place for each in progress(project, name).doubts] == [PLACE]


@pytest.mark.promise("V6.confirmed", "V6.evidence")
def test_only_a_person_confirms_what_an_agent_must_complete(project: Project) -> None:
    commit_files(project.root, {"total.py": TOTAL})
    name = claimed(project)
    (project.root / "total.py").write_text(HOLLOW)
    with pytest.raises(EvidenceMissing, match="only a person can confirm it"):
        project.ask("task.complete", by=AGENT, task=name)
    with pytest.raises(ValidationError, match="cannot be confirmed by the agent that wrote it"):
        project.ask("task.complete", by=AGENT, task=name, confirm={"total.py:1": REASON})
    assert progress(project, name).doubts == ()

    done = podium(project.root, "done", name, "--confirm", f"total.py:1={REASON}")
    assert done.returncode == 0, done.stderr
    (answered,) = progress(project, name).doubts
    assert isinstance(answered.answer, PersonAnswer)
    assert (answered.answer.confirmed, answered.answer.reason) == (True, REASON)


@pytest.mark.promise("V6.asked")
def test_a_completed_file_needs_no_answer(project: Project) -> None:
    name = claimed(project)
    (project.root / "size.py").write_text(STUB)
    refused = podium(project.root, "done", name)
    assert refused.returncode != 0
    assert PLACE in refused.stderr
    (project.root / "size.py").write_text(WHOLE)
    assert podium(project.root, "done", name, "--confirm", f"{PLACE}={REASON}").returncode == 0
    assert progress(project, name).doubts == ()
