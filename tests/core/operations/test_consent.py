"""Consent: what a person is asked, and that exactly what was shown is done."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import anyio
import anyio.to_thread
import pytest

from podium.errors import NotApproved, PodiumError, WriteConflict
from podium.model import layout
from podium.model.events import Actor
from podium.model.findings import Position, Range, SuggestedEdit
from podium.operations.confirmation import Answer, Asking, Confirmation, Nobody
from podium.operations.engine import Engine
from podium.operations.finding.views import find_finding
from podium.operations.operation import Effect
from podium.operations.perform import (
    Declined,
    Outcome,
    Performed,
    Settled,
    Undecided,
    perform,
)
from podium.operations.table import CONSENT_IDS, OPERATION_IDS, load_operation
from podium.operations.writing import WrittenBy
from podium.runs.integration.branch import integration_branch
from tests.support.projects import ADA, AGENT, Json, Project, task
from tests.support.repositories import git

HOST = Actor(kind="person", name="ada", face="mcp")


class Scripted:
    """A person who gives one answer, and may do something before.

    Args:
        answer: what is said.
        meanwhile: happens while the question is open.
    """

    def __init__(
        self, answer: Answer = Answer.YES, meanwhile: Callable[[], Any] = lambda: None
    ) -> None:
        self.asked: list[Confirmation] = []
        self._answer = answer
        self._meanwhile = meanwhile

    async def confirm(self, confirmation: Confirmation) -> Answer:
        self.asked.append(confirmation)
        await anyio.to_thread.run_sync(self._meanwhile)
        return self._answer


def carry_out(
    project: Project, operation_id: str, confirmer: Any, *, by: Actor = ADA, **params: Any
) -> Outcome[Any]:
    operation = load_operation(operation_id)
    engine = replace(project.engine, actor=by, store=project.engine.store.on_behalf_of(by))
    built = operation.params.model_validate(params)
    return anyio.run(perform, operation, engine, built, confirmer)


def draft(project: Project, *tasks: Json) -> str:
    view = project.ask("plan.create", objective="Add a flag", tasks=list(tasks) or [task("a")])
    return str(view.plan.id)


def asked(project: Project, operation_id: str, **params: Any) -> Confirmation:
    nobody = Scripted(Answer.NO)
    assert isinstance(carry_out(project, operation_id, nobody, **params), Declined)
    return nobody.asked[0]


CONSENT = {
    "plan.approve",
    "plan.reset",
    "project.trust",
    "work.land",
    "file.revert",
    "store.restore",
    "store.recover",
    "run.cancel",
    "finding.fix",
}


def test_whatever_takes_away_asks_first() -> None:
    confirming = {each for each in OPERATION_IDS if load_operation(each).confirm is not None}
    assert confirming == CONSENT
    taking = {each for each in OPERATION_IDS if load_operation(each).effect is Effect.DESTRUCTIVE}
    # What is put into the archive comes back with `podium gc --take-back`.
    assert taking - {"store.gc"} <= confirming


@pytest.mark.parametrize("operation_id", CONSENT_IDS)
def test_what_only_serves_another_request_asks_too(operation_id: str) -> None:
    operation = load_operation(operation_id)
    assert operation_id not in OPERATION_IDS
    assert operation.confirm is not None
    assert all(field.description for field in operation.params.model_fields.values())


def criterion(name: str, **more: Any) -> Json:
    return {"id": name, "text": f"{name} holds", **more}


def test_a_person_vouches_for_what_no_command_shows(project: Project) -> None:
    criteria = [criterion("c1"), criterion("c2", command=["true"]), criterion("c3")]
    plan_id = draft(project, task("a", acceptance=criteria))
    question = asked(project, "task.vouch", task="a")
    assert f"Task {plan_id}/a: are its criteria c1, c3 met?" in question.question
    assert "holds" not in question.question

    with pytest.raises(NotApproved, match="Only a person can confirm a criterion"):
        carry_out(project, "task.vouch", Scripted(), by=AGENT, task="a")
    done = carry_out(project, "task.vouch", Scripted(), by=HOST, task="a")
    assert isinstance(done, Performed)
    assert done.result.missing == ("c2",)
    assert [each.criterion for each in done.result.progress.evidence] == ["c1", "c3"]
    assert {each.by.face for each in done.result.progress.evidence} == {"mcp"}

    # Nothing is left to vouch for, so nobody is asked.
    nobody = Scripted(Answer.NO)
    assert isinstance(carry_out(project, "task.vouch", nobody, by=AGENT, task="a"), Performed)
    assert nobody.asked == []


def test_a_word_counts_only_for_the_criteria_that_were_shown(project: Project) -> None:
    draft(project, task("a", acceptance=[criterion("c1"), criterion("c2")]))

    def meanwhile() -> None:
        project.ask("task.update", task="a", criterion="c1", word="seen")

    with pytest.raises(WriteConflict, match="open criteria"):
        carry_out(project, "task.vouch", Scripted(meanwhile=meanwhile), task="a")


def test_the_question_of_an_approval_has_all_that_the_faces_say(project: Project) -> None:
    criterion = {"id": "c1", "text": "it runs", "command": ["true"]}
    plan_id = draft(project, task("a", acceptance=[criterion]), task("b", "a"))
    view = project.ask("plan.show", plan=plan_id)
    question = asked(project, "plan.approve", plan=plan_id[:4])

    assert question.preview is not None
    assert question.preview.operation == "plan.show"
    assert question.preview.result == view
    assert question.brief == "Approve this version?"
    ours = [each for each in question.facts if not each.quoted]
    told = " ".join(f"{each.label}: {', '.join(each.values)}." for each in ours)
    assert f"{question.question} {told}" == (
        f"Approve plan {plan_id}, version {view.version}? Tasks: 2. Declared files: 0. "
        f"Commands run as checks: 1. Estimate: {view.estimate.total_minutes:.0f} min. "
        "Sandbox: Commands are not confined: sandbox.mode is off. Agent: No agent is chosen."
    )
    assert question.read_first is not None
    assert (question.read_first.operation, question.read_first.params) == (
        "plan.show",
        {"plan": plan_id},
    )
    quoted = {each.label: each.values for each in question.facts if each.quoted}
    assert quoted == {"Objective": ("Add a flag",), "Task list": ("a Do a", "b Do b")}
    assert question.model_dump(mode="json")["bound"]["version"] == view.plan.version


@pytest.mark.promise("P4.version")
def test_an_approval_is_of_the_version_that_was_shown(project: Project) -> None:
    plan_id = draft(project)
    edit = {"op": "change", "task_id": "a", "fields": {"title": "Other"}}
    sly = Scripted(meanwhile=lambda: project.ask("plan.update", plan=plan_id, edits=[edit]))
    with pytest.raises(WriteConflict, match="you reviewed"):
        carry_out(project, "plan.approve", sly, plan=plan_id)
    assert project.ask("plan.show", plan=plan_id).state == "draft"

    done = carry_out(project, "plan.approve", Scripted(), plan=plan_id)
    assert isinstance(done, Performed)
    assert done.result.state == "approved"


def test_a_newer_plan_does_not_take_the_place_of_the_one_shown(project: Project) -> None:
    """Without an id the newest plan is meant: the one that was the newest when it was shown."""
    first = draft(project)
    later = Scripted(meanwhile=lambda: draft(project, task("z")))
    done = carry_out(project, "plan.approve", later)
    assert isinstance(done, Performed)
    assert done.result.plan.id == first


@pytest.mark.parametrize("operation_id", ["plan.approve", "plan.reset", "project.trust"])
def test_an_agent_is_refused_before_anybody_is_asked(project: Project, operation_id: str) -> None:
    draft(project)
    person = Scripted()
    with pytest.raises(NotApproved, match="Only a person") as refused:
        carry_out(project, operation_id, person, by=AGENT)
    assert refused.value.why == "the request came from: agent claude"
    assert not person.asked


@pytest.mark.promise("P4.approve")
def test_what_an_agent_asks_for_is_done_by_the_person_who_says_yes(project: Project) -> None:
    plan_id = draft(project)
    operation = load_operation("plan.approve")
    agents = replace(project.engine, actor=AGENT)

    @contextmanager
    def as_person() -> Generator[Engine]:
        yield replace(project.engine, actor=HOST)

    async def ask(confirmer: Any) -> Outcome[Any]:
        return await perform(
            operation, agents, operation.params(plan=plan_id), confirmer, as_person=as_person
        )

    assert isinstance(anyio.run(ask, Scripted(Answer.NO)), Declined)
    done = anyio.run(ask, Scripted())
    assert isinstance(done, Performed)
    assert done.result.approval.by == HOST


def test_nothing_happens_without_an_answer(project: Project) -> None:
    plan_id = draft(project)
    outcome = carry_out(project, "plan.approve", Nobody(), plan=plan_id)
    assert isinstance(outcome, Undecided)
    assert outcome.confirmation.subject == f"plan {plan_id}"
    assert project.ask("plan.show", plan=plan_id).state == "draft"


def test_an_operation_that_asks_nothing_just_runs(project: Project) -> None:
    draft(project)
    outcome = carry_out(project, "plan.list", Nobody())
    assert isinstance(outcome, Performed)
    assert outcome.result.total == 1


def test_a_question_is_withdrawn_when_somebody_else_has_answered(project: Project) -> None:
    plan_id = draft(project)

    async def ask() -> Outcome[Any]:
        changed = anyio.Event()

        class Absent:
            async def confirm(self, confirmation: Confirmation) -> Answer:
                del confirmation
                approve = load_operation("plan.approve")
                engine = replace(
                    project.engine, actor=HOST, store=project.engine.store.on_behalf_of(HOST)
                )
                await approve.run(engine, approve.params(plan=plan_id))
                changed.set()
                await anyio.sleep_forever()
                raise AssertionError

        operation = load_operation("plan.approve")
        params = operation.params(plan=plan_id)
        return await perform(
            operation, project.engine, params, Absent(), next_change=lambda: changed
        )

    outcome = anyio.run(ask)
    assert isinstance(outcome, Settled)
    assert outcome.state == "approved"
    assert outcome.reason == f"plan {plan_id} is already approved by ada (mcp)"


def test_a_failing_question_fails_as_itself(project: Project) -> None:
    draft(project)

    class Broken:
        async def confirm(self, confirmation: Confirmation) -> Answer:
            raise NotApproved(f"not now: {confirmation.subject}")

    async def ask() -> None:
        operation = load_operation("plan.approve")
        await perform(
            operation, project.engine, operation.params(), Broken(), next_change=anyio.Event
        )

    with pytest.raises(NotApproved, match="not now"):
        anyio.run(ask)


def test_a_reset_is_of_the_progress_that_was_shown(project: Project) -> None:
    plan_id = draft(project)
    project.ask("plan.approve", plan=plan_id)

    def finish() -> None:
        project.ask("task.update", task=f"{plan_id}/a", state="skipped", reason="not needed")

    with pytest.raises(WriteConflict, match="changed since the preview"):
        carry_out(project, "plan.reset", Scripted(meanwhile=finish), plan=plan_id)
    person = Scripted()
    done = carry_out(project, "plan.reset", person, plan=plan_id)
    assert isinstance(done, Performed)
    assert done.result.state == "draft"
    assert person.asked[0].fact("Tasks") == ("a skipped",)


@pytest.mark.promise("X5")
def test_the_settings_that_are_trusted_are_those_that_were_shown(project: Project) -> None:
    settings = project.root / ".podium" / "config.yaml"
    settings.write_text("gates:\n  test: [pytest, -q]\n")
    project.reopen()
    question = asked(project, "project.trust")
    assert question.fact("test") == ("['pytest', '-q']",)
    assert question.fact("Settings that need trust") == ("1",)
    assert question.asking is Asking.UNLESS_NAMED

    def change() -> None:
        settings.write_text("gates:\n  test: [rm, -rf, /]\n")
        project.reopen()

    trust = load_operation("project.trust")
    bound = question.bound
    change()
    with pytest.raises(WriteConflict):
        anyio.run(trust.run, project.engine, bound)


def test_landing_brings_exactly_what_was_shown(project: Project) -> None:
    plan_id = draft(project)
    git(project.root, "checkout", "-q", "-b", integration_branch(plan_id))
    (project.root / "new.py").write_text("x = 1\n")
    git(project.root, "add", "new.py")
    git(project.root, "commit", "-q", "-m", "Add x")
    git(project.root, "checkout", "-q", "main")
    question = asked(project, "work.land", plan=plan_id)
    assert question.question == f"Land plan {plan_id} on main?"
    assert question.brief == "Land this on main?"
    assert question.fact("Files") == ("new.py",)
    assert not (project.root / "new.py").exists()

    def commit() -> None:
        git(project.root, "commit", "-q", "--allow-empty", "-m", "Meanwhile")

    with pytest.raises(WriteConflict):
        carry_out(project, "work.land", Scripted(meanwhile=commit), plan=plan_id)
    done = carry_out(project, "work.land", Scripted(), plan=plan_id)
    assert isinstance(done, Performed)
    assert done.result.landed

    nobody = Scripted(Answer.NO)
    again = carry_out(project, "work.land", nobody, plan=plan_id)
    assert isinstance(again, Performed), "there is nothing to ask about"
    assert not again.result.landed
    assert not nobody.asked


@pytest.mark.promise("F5")
def test_a_file_goes_back_from_exactly_the_text_that_was_shown(project: Project) -> None:
    file = project.root / "app.py"
    file.write_text("changed = 1\n")
    question = asked(project, "file.revert", path="app.py")
    assert question.question.startswith("Revert app.py to ")
    assert question.question.endswith(" Its current content is kept.")
    assert "-changed = 1" in question.diff

    late = Scripted(meanwhile=lambda: file.write_text("later = 2\n"))
    with pytest.raises(WriteConflict):
        carry_out(project, "file.revert", late, path="app.py")
    assert file.read_text() == "later = 2\n"
    assert isinstance(carry_out(project, "file.revert", Scripted(), path="app.py"), Performed)
    assert "hello" in file.read_text()


def test_documents_are_restored_as_they_were_shown(project: Project) -> None:
    plan_id = draft(project)
    sequence = project.engine.store.cursor().sequence
    project.ask("plan.approve", plan=plan_id)
    question = asked(project, "store.restore", sequence=sequence)
    assert question.fact("Documents") == (f"plans/{plan_id}/approval.json",)

    later = Scripted(meanwhile=lambda: project.ask("plan.reject", plan=plan_id, reason="no"))
    with pytest.raises(WriteConflict):
        carry_out(project, "store.restore", later, sequence=sequence)
    done = carry_out(project, "store.restore", Scripted(), sequence=sequence)
    assert isinstance(done, Performed)
    assert done.result.restored
    assert project.ask("plan.show", plan=plan_id).state == "draft"


def test_recovery_asks_only_about_what_can_be_done(project: Project) -> None:
    nobody = Scripted(Answer.NO)
    assert isinstance(carry_out(project, "store.recover", nobody), Performed)
    assert not nobody.asked

    plan_id = draft(project)
    path = project.root / ".podium" / "plans" / plan_id / "plan.json"
    path.write_text("{ broken")
    project.reopen()
    question = asked(project, "store.recover")
    assert question.fact(f"plans/{plan_id}/plan.json")
    assert question.brief == "Apply the recommended remedy to each?"
    done = carry_out(project, "store.recover", Scripted())
    assert isinstance(done, Performed)
    assert done.result.done
    assert not done.result.troubles


def finding_with_edit(project: Project) -> str:
    added = project.ask("finding.add", path="app.py", message="the greeting is wrong", line=5)
    finding_id = str(added.id)
    stored = find_finding(project.engine.store, finding_id)
    edit = SuggestedEdit(
        range=Range(start=Position(line=5, column=12), end=Position(line=5, column=19)),
        text='"hi"',
    )
    changed = stored.model_copy(update={"suggested_edit": edit})
    project.engine.store.transact(lambda tx: tx.put(layout.finding(finding_id), changed))
    return finding_id


def test_a_fix_is_the_edit_that_was_shown(project: Project) -> None:
    finding_id = finding_with_edit(project)
    file = project.root / "app.py"
    before = file.read_text()
    question = asked(project, "finding.fix", finding=finding_id)
    assert '+    return "hi"' in question.diff
    assert (question.asking, question.only_person) == (Asking.UNLESS_NAMED, False)

    late = Scripted(meanwhile=lambda: file.write_text(before + "\n\nx = 1\n"))
    with pytest.raises(PodiumError):
        carry_out(project, "finding.fix", late, finding=finding_id)
    file.write_text(before)
    done = carry_out(project, "finding.fix", Scripted(), finding=finding_id)
    assert isinstance(done, Performed)
    assert done.result.applied
    assert file.read_text() == before.replace('"hello"', '"hi"')


def test_an_editor_asks_about_an_edit_itself(project: Project) -> None:
    finding_id = finding_with_edit(project)
    nobody = Scripted(Answer.NO)
    done = carry_out(
        project, "finding.fix", nobody, finding=finding_id, written_by=WrittenBy.EDITOR
    )
    assert isinstance(done, Performed)
    assert not nobody.asked
    assert (done.result.applied, '"hi"' in done.result.content) == (False, True)


def test_a_text_that_nobody_was_shown_is_not_put_into_a_file(project: Project) -> None:
    finding_id = finding_with_edit(project)
    with pytest.raises(WriteConflict):
        project.ask("finding.fix", finding=finding_id, content="x = 1\n")
