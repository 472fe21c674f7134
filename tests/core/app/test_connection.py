"""A face's connection: one way in for every face."""

from pathlib import Path

import anyio
import pytest

from podium.app import Connection, connect
from podium.app.connection import Filter
from podium.errors import InternalError, NotApproved, ProjectNotFound, ValidationError
from podium.operations.confirmation import Answer, Confirmation
from podium.operations.perform import Declined, Performed, Undecided
from tests.support.projects import ADA, Project, task


class Says:
    """A person with one answer.

    Args:
        answer: what is said to everything.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.questions: list[str] = []

    async def confirm(self, confirmation: Confirmation) -> Answer:
        self.questions.append(confirmation.question)
        return self._answer


def draft(project: Project) -> str:
    return str(project.ask("plan.create", objective="x", tasks=[task("a")]).plan.id)


def test_a_person_reads_and_decides(project: Project) -> None:
    plan_id = draft(project)
    connection = Connection(project.root, ADA)

    async def talk() -> None:
        listed = await connection.ask("plan.list")
        assert [row.id for row in listed.plans] == [plan_id]
        no, yes = Says(Answer.NO), Says(Answer.YES)
        assert isinstance(await connection.invoke("plan.approve", {}, no), Declined)
        assert isinstance(await connection.invoke("plan.approve"), Undecided)
        done = await connection.invoke("plan.approve", {"plan": plan_id}, yes)
        assert isinstance(done, Performed)
        assert done.result.approval.by == ADA
        assert no.questions == yes.questions

    anyio.run(talk)
    connection.close()


@pytest.mark.promise("P4")
def test_a_word_in_a_hosts_dialog_is_the_persons(project: Project) -> None:
    plan_id = draft(project)
    connection = connect(project.root, "mcp", client="claude-ai")
    assert (connection.actor.kind, connection.actor.name) == ("agent", "claude-ai")

    async def talk() -> None:
        assert isinstance(await connection.invoke("plan.approve", {}, Says(Answer.NO)), Declined)
        done = await connection.invoke("plan.approve", {}, Says(Answer.YES))
        assert isinstance(done, Performed)
        assert (done.result.approval.by.kind, done.result.approval.by.face) == ("person", "mcp")

    anyio.run(talk)
    (*_, last) = project.engine.store.history(plan_id)
    assert (last.event.kind, last.actor.kind) == ("plan.approved", "person")
    connection.close()


@pytest.mark.promise("P4")
def test_an_agent_in_a_terminal_has_no_dialog_of_its_own(project: Project) -> None:
    draft(project)
    connection = connect(project.root, "cli", environment={"CLAUDECODE": "1"})
    says = Says(Answer.YES)

    async def talk() -> None:
        await connection.invoke("plan.approve", {}, says)

    with pytest.raises(NotApproved, match="Only a person"):
        anyio.run(talk)
    assert not says.questions
    connection.close()


def test_consent_cannot_be_left_out(project: Project) -> None:
    draft(project)
    connection = Connection(project.root, ADA)
    with pytest.raises(InternalError, match="needs consent"):
        anyio.run(lambda: connection.ask("plan.reset"))
    connection.close()


def test_wrong_parameters_are_named_in_plain_words(project: Project) -> None:
    connection = Connection(project.root, ADA)
    with pytest.raises(ValidationError) as refused:
        anyio.run(lambda: connection.ask("plan.list", limit=0))
    assert "limit" in refused.value.why
    connection.close()


def test_outside_of_a_project_some_operations_work(clean_environment: Path, tmp_path: Path) -> None:
    connection = Connection(tmp_path, ADA)
    assert anyio.run(lambda: connection.ask("config.show")).settings
    with pytest.raises(ProjectNotFound):
        anyio.run(lambda: connection.ask("plan.list"))
    connection.close()


def test_settings_are_those_of_now(project: Project) -> None:
    connection = Connection(project.root, ADA)
    assert connection.engine.config.config.run.max_parallel != 7
    (project.root / ".podium" / "config.yaml").write_text("run:\n  max_parallel: 7\n")
    assert connection.engine.config.config.run.max_parallel == 7
    connection.close()


def test_changes_are_followed_from_a_cursor(project: Project) -> None:
    connection = Connection(project.root, ADA)
    cursor = connection.cursor()
    first, second = draft(project), draft(project)

    async def next_of(wanted: Filter) -> tuple[str, ...]:
        async for delivery in connection.follow(cursor, wanted):
            return tuple(each.subject for each in delivery.change.events)
        raise AssertionError

    assert first in anyio.run(next_of, Filter())
    assert second in anyio.run(next_of, Filter(paths=(f"plans/{second}/",)))
    assert second in anyio.run(next_of, Filter(subjects=(second,)))
    connection.close()
