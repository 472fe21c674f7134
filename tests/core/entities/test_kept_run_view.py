"""The kept input of decisions against one that is read from all documents."""

from functools import partial
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.entities.kept.run_view import KeptRunView
from podium.entities.plans import load_plan
from podium.entities.questions import end_without_answer
from podium.model import layout
from podium.model.events import Actor
from podium.model.progress import TaskProgress
from podium.model.questions import Question
from podium.model.runs import Attempt, RequestedState, Run, RunRequest, TaskRun
from podium.model.states import Phase, RunState, TaskState
from podium.store import Store, Transaction
from tests.core.model.builders import NOON
from tests.support.projects import Project
from tests.support.projects import task as described

NAMES = ("a", "b", "c", "outside")
PERSON = Actor(kind="person", name="ada")

CHANGES = st.one_of(
    st.tuples(st.just("record"), st.sampled_from(NAMES), st.sampled_from(Phase)),
    st.tuples(st.just("progress"), st.sampled_from(NAMES), st.sampled_from(TaskState)),
    st.tuples(st.just("intent"), st.just(""), st.sampled_from(RequestedState)),
    st.tuples(st.just("ask"), st.sampled_from(["r-000000", "r-000000/a"]), st.just("q-1")),
    st.tuples(st.just("end"), st.just(""), st.just("q-1")),
)


def change(tx: Transaction, run: Run, what: str, name: str, value: Any) -> None:
    """Write what the runner, a person or an outside edit may write."""
    match what:
        case "record":
            attempt = Attempt(number=1, branch="b", started_at=NOON)
            record = TaskRun(task_id=name, phase=value, attempts=(attempt,))
            tx.put(layout.task_run(run.id, name), record)
        case "progress":
            tx.put(layout.progress(run.plan_id, name), TaskProgress(state=value))
        case "intent":
            tx.put(layout.run_intent(run.id), RunRequest(want=value, by=PERSON, at=NOON))
        case "ask":
            about = name.replace("r-000000", run.id)
            asked = Question(id=value, kind="limit", about=about, text="Wait", asked_at=NOON)
            tx.put(layout.question(value), asked)
        case _:
            if (asked_before := tx.get(layout.question(value))) is not None:
                end_without_answer(tx, asked_before, NOON)


@pytest.fixture
def run(project: Project) -> Run:
    """Give a run of three of a plan's four tasks."""
    view = project.ask("plan.create", objective="x", tasks=[described(n) for n in NAMES])
    plan = load_plan(project.engine.store, view.plan.id)
    made = Run(
        id="r-000000",
        plan_id=plan.id,
        plan_version=plan.version,
        task_ids=NAMES[:3],
        plan=plan,
        base_commit="",
        target_branch="",
        integration_branch="",
        created_at=NOON,
        created_by=PERSON,
    )
    project.engine.store.transact(lambda tx: tx.put(layout.run(made.id), made))
    return made


@pytest.mark.promise("R7.kill")
@hypothesis.settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(changes=st.lists(CHANGES, max_size=12))
def test_after_any_writes_the_kept_view_is_what_a_new_reader_finds(
    project: Project, run: Run, changes: list[tuple[str, str, Any]]
) -> None:
    store = project.engine.store
    kept = KeptRunView(store, run)
    for what, name, value in changes:
        store.transact(partial(change, run=run, what=what, name=name, value=value))
        assert kept.view() == KeptRunView(store, run).view()
        assert kept.questions() == KeptRunView(store, run).questions()


def test_an_update_reads_only_what_changed(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = project.engine.store
    kept = KeptRunView(store, run)

    def refuse(*_: object) -> dict[str, Any]:
        raise AssertionError("all documents of a folder were read")

    store.transact(lambda tx: change(tx, run, "record", "b", Phase.WORKING))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "list", refuse)
        assert [each.id for each in kept.view().standing.active] == ["b"]


def test_what_past_runs_took_decides_the_order_where_no_estimate_does(
    project: Project, run: Run
) -> None:
    store = project.engine.store
    past = run.model_copy(update={"id": "r-111111", "state": RunState.COMPLETED})
    took = Attempt(number=1, branch="b", started_at=NOON, ended_at=NOON.replace(hour=13))
    record = TaskRun(task_id="c", phase=Phase.DONE, attempts=(took,))

    def write(tx: Transaction) -> None:
        tx.put(layout.run(past.id), past)
        tx.put(layout.task_run(past.id, "c"), record)

    store.transact(write)
    view = KeptRunView(store, run).view()
    assert view.took == {"c": 60.0}
    assert [each.id for each in view.standing.ready] == ["c", "a", "b"]
