"""What a person is asked before a task counts as done by their word."""

import pytest

from podium.errors import EvidenceMissing, PodiumError
from podium.operations.confirmation import Answer
from podium.operations.perform import Performed
from tests.core.operations.test_consent import Scripted, asked, carry_out, criterion, draft
from tests.support.projects import AGENT, Project, task


@pytest.mark.promise("K3.asked")
def test_a_person_who_confirms_sees_the_criterion_the_changes_and_what_is_missing(
    project: Project,
) -> None:
    criteria = [criterion("c1"), criterion("c2", command=["true"]), criterion("c3", by="person")]
    plan_id = draft(project, task("a", acceptance=criteria))
    question = asked(project, "task.vouch", task="a")
    assert question.fact("Criteria") == ("c1: c1 holds", "c3: c3 holds")
    assert question.fact("Changes") == ("not recorded",)
    assert question.fact("Not shown") == ("c1", "c2", "c3")
    assert not question.facts[0].is_approved

    project.ask("plan.approve", plan=plan_id)
    project.ask("task.claim", plan=plan_id)
    (project.root / "README.md").write_text("# app\n\nIt greets.\n")
    (project.root / "new.py").write_text("new = 1\n")
    question = asked(project, "task.vouch", task="a")
    assert question.fact("Changes") == ("2 files changed, +3 -0", "README.md +2 -0", "new.py +1 -0")
    assert question.facts[0].is_approved
    # Files changed, so there is nothing else to ask.
    assert isinstance(
        carry_out(project, "task.unchanged", Scripted(Answer.NO), task="a"), Performed
    )


@pytest.mark.promise("K3.asked", "K3.word")
def test_a_task_that_changed_no_file_is_a_question_of_its_own(project: Project) -> None:
    plan_id = draft(project, task("a", acceptance=[criterion("c1")]))
    project.ask("plan.approve", plan=plan_id)
    project.ask("task.claim", plan=plan_id)
    person = Scripted()
    done = carry_out(project, "task.complete", person, task="a")

    assert isinstance(done, Performed)
    assert [each.question for each in person.asked] == [
        f"Task {plan_id}/a: 0 files changed. Is it done nevertheless?",
        f"Task {plan_id}/a: are its criteria c1 met? There is no other evidence.",
    ]
    assert person.asked[1].fact("Changes") == ("0 files changed",)
    shown = [(each.criterion, each.shown.type) for each in done.result.progress.evidence]
    assert shown == [("(no file changed)", "word"), ("c1", "word")]
    assert project.ask("plan.check").complete


@pytest.mark.promise("K3.asked", "K3.evidence")
@pytest.mark.parametrize("answer", [Answer.NO, Answer.UNDECIDED])
def test_a_task_stays_open_if_a_person_does_not_confirm_it(
    project: Project, answer: Answer
) -> None:
    plan_id = draft(project, task("a", acceptance=[criterion("c1")]))
    project.ask("plan.approve", plan=plan_id)
    project.ask("task.claim", plan=plan_id)
    person = Scripted(answer)
    with pytest.raises(EvidenceMissing, match="no evidence for c1"):
        carry_out(project, "task.complete", person, task="a")
    assert len(person.asked) == 1
    # An agent asks only if it says so, and nobody is asked about a task whose gates fail.
    silent = Scripted()
    with pytest.raises(PodiumError):
        carry_out(project, "task.complete", silent, by=AGENT, task="a")
    (project.root / "app.py").write_text("def hello(\n")
    with pytest.raises(EvidenceMissing, match="the syntax gate failed"):
        carry_out(project, "task.complete", silent, task="a")
    assert silent.asked == []
