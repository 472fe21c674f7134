"""Done means shown: evidence, the state of a plan, its check, and what comes next."""

import itertools

import pytest

from podium.errors import EvidenceMissing, StateTransitionError
from podium.model.events import Actor
from podium.model.plans import (
    AcceptanceCriterion,
    Approval,
    CriterionKind,
    Decision,
    Plan,
    Priority,
    Task,
)
from podium.model.progress import (
    Evidence,
    FileShown,
    Shown,
    TaskProgress,
    TestsShown,
    VerdictShown,
    WordGiven,
    check_plan,
    merged,
    missing_evidence,
    move,
    next_tasks,
    plan_state,
    shown_by,
)
from podium.model.states import TASK_MACHINE, PlanState, TaskState
from tests.core.model.builders import (
    AGENT,
    NOON,
    PERSON,
    command_evidence,
    evidence,
    plan,
    task,
    word,
)

TWO = task("t1", criteria=("c1", "c2"))
NONE = task("t2")

DONE, PENDING, FAILED = TaskState.DONE, TaskState.PENDING, TaskState.FAILED
SKIPPED, CANCELLED, BLOCKED = TaskState.SKIPPED, TaskState.CANCELLED, TaskState.BLOCKED


@pytest.mark.promise("K3.word", "K3.command", "K3.test", "K3.file", "K3.verdict")
@pytest.mark.parametrize(
    ("shown", "by", "holds"),
    [
        (command_evidence("c1", 0).shown, AGENT, True),
        (command_evidence("c1", 1).shown, AGENT, False),
        (command_evidence("c1", -9).shown, AGENT, False),
        (TestsShown(passed=3), AGENT, True),
        (TestsShown(passed=3, failed=1), AGENT, False),
        (TestsShown(passed=0), AGENT, False),
        (FileShown(path="a.py", contains="def f"), AGENT, True),
        (VerdictShown(auditor="claude", passed=True), AGENT, True),
        (VerdictShown(auditor="claude", passed=False), AGENT, False),
        (WordGiven(text="I looked"), PERSON, True),
        (WordGiven(text="all tests pass!"), AGENT, False),
        (WordGiven(), Actor(kind="runner"), False),
        (WordGiven(), Actor(kind="external"), False),
    ],
)
def test_only_what_shows_something_holds_and_only_a_person_can_give_a_word(
    shown: Shown, by: Actor, *, holds: bool
) -> None:
    assert evidence("c1", shown, by).holds is holds


@pytest.mark.promise("K3.evidence")
@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], ("c1", "c2")),
        ([command_evidence("c1", 0)], ("c2",)),
        ([command_evidence("c1", 0), command_evidence("c2", 0)], ()),
        ([command_evidence("c1", 1), command_evidence("c2", 0)], ("c1",)),
        ([command_evidence("*", 0)], ()),
        ([word("*", AGENT)], ("c1", "c2")),
        ([word("*")], ()),
        ([command_evidence("zzz", 0)], ("c1", "c2")),
        ([command_evidence("*", 0), command_evidence("zzz", 1)], ()),
        ([command_evidence("c1", 1), command_evidence("c1", 0), word("c2")], ()),
        ([command_evidence("c1", 0), command_evidence("c1", 1), word("c2")], ("c1",)),
        ([command_evidence("*", 0), command_evidence("c2", 1)], ("c2",)),
        ([command_evidence("c1", 1), command_evidence("*", 0)], ()),
    ],
)
def test_the_latest_evidence_for_a_criterion_decides(
    given: list[Evidence], missing: tuple[str, ...]
) -> None:
    assert missing_evidence(TWO, tuple(given)) == missing
    progress = TaskProgress(state=TaskState.RUNNING, evidence=tuple(given))
    if missing:
        check_refused(TWO, progress, missing)
    else:
        moved = move(TWO, progress, DONE)
        assert (moved.state, moved.percent, moved.evidence) == (DONE, 100, tuple(given))


def check_refused(refused: Task, progress: TaskProgress, missing: tuple[str, ...]) -> None:
    with pytest.raises(EvidenceMissing) as caught:
        move(refused, progress, DONE)
    assert caught.value.what == f"Task {refused.id} cannot be marked done"
    named = "; ".join(f"{each}: {each} holds" for each in missing)
    assert caught.value.why == (f"no evidence for {named}" if missing else "it has no evidence")
    assert len(caught.value.hints) == 2


BY_KIND: dict[CriterionKind, dict[str, object]] = {
    CriterionKind.COMMAND: {"command": ("make", "check")},
    CriterionKind.TEST: {"test": "tests/test_a.py::test_a"},
    CriterionKind.FILE: {"file": "README.md contains --json"},
    CriterionKind.AUDITOR: {"by": "auditor"},
    CriterionKind.PERSON: {"by": "person"},
    CriterionKind.ANY: {},
}
VERDICT = VerdictShown(auditor="agent:claude", passed=True)
OFFERED: list[tuple[str, str, Shown, Actor]] = [
    ("gates", "c1", VerdictShown(auditor="gates", passed=True), AGENT),
    ("verdict", "c1", VERDICT, AGENT),
    ("verdict on all", "*", VERDICT, AGENT),
    ("command", "c1", command_evidence("c1", 0).shown, AGENT),
    ("tests", "c1", TestsShown(passed=1), AGENT),
    ("the file", "c1", FileShown(path="README.md", contains="use --json"), AGENT),
    ("half the file", "c1", FileShown(path="README.md", contains="--"), AGENT),
    ("another file", "c1", FileShown(path="NOTES.md", contains="--json"), AGENT),
    ("word", "c1", WordGiven(), PERSON),
    ("word of an agent", "c1", WordGiven(), AGENT),
]
COUNTING = {
    CriterionKind.COMMAND: {"command", "tests", "the file", "half the file", "another file"},
    CriterionKind.TEST: {"command", "tests"},
    CriterionKind.FILE: {"the file"},
    CriterionKind.AUDITOR: {"verdict"},
    CriterionKind.PERSON: set[str](),
    CriterionKind.ANY: {
        *("verdict", "command", "tests", "the file", "half the file", "another file")
    },
}


@pytest.mark.promise("K3.gates", "K3.evidence", "K3.file", "K3.test", "K3.verdict", "K3.word")
@pytest.mark.parametrize("kind", CriterionKind)
def test_a_criterion_is_shown_only_by_evidence_of_its_kind_or_by_a_persons_word(
    kind: CriterionKind,
) -> None:
    one = AcceptanceCriterion.model_validate({"id": "c1", "text": "it holds", **BY_KIND[kind]})
    assert one.kind is kind
    found = {
        name
        for name, criterion, shown, by in OFFERED
        if shown_by(one, [evidence(criterion, shown, by)]) is not None
    }
    assert found == {*COUNTING[kind], "word"}


@pytest.mark.promise("K3.gates", "P7")
def test_a_merged_task_with_a_criterion_that_is_not_shown_is_done_but_its_plan_not_complete() -> (
    None
):
    by_gates = evidence("c1", VerdictShown(auditor="gates", passed=True), AGENT)
    running = TaskProgress(state=TaskState.RUNNING, evidence=(by_gates,))
    after = merged(PLAN.tasks[0], running)
    assert (after.state, after.percent) == (DONE, 100)
    verdict = check_plan(PLAN, {"a": after, "b": SHOWN}, 0)
    assert (verdict.complete, verdict.reasons) == (False, ("a: c1 is not shown",))
    assert verdict.tasks[0].criteria[0].needs == "a person's word, an auditor's verdict or a file"


@pytest.mark.promise("K3.evidence")
def test_a_task_without_criteria_needs_something_that_shows_it_too() -> None:
    check_refused(NONE, TaskProgress(), ())
    check_refused(NONE, TaskProgress(evidence=(command_evidence("*", 1),)), ())
    check_refused(NONE, TaskProgress(evidence=(word("*", AGENT),)), ())
    assert move(NONE, TaskProgress(evidence=(word("*"),)), DONE).state is DONE


@pytest.mark.promise("K2")
@pytest.mark.parametrize(("old", "new"), list(itertools.product(TaskState, repeat=2)))
def test_a_task_moves_along_the_table_and_keeps_the_reason(old: TaskState, new: TaskState) -> None:
    before = TaskProgress(state=old, percent=40, evidence=(word("*"),), commit="c0ffee", note="n")
    if not TASK_MACHINE.allows(old, new):
        with pytest.raises(StateTransitionError):
            move(TWO, before, new)
        return
    after = move(TWO, before, new, "because")
    assert (after.state, after.reason, after.note) == (new, "because", "n")
    if old is DONE:
        assert (after.percent, after.evidence, after.commit) == (0, (), "")
    else:
        assert after.evidence == before.evidence
        assert after.percent == (100 if new is DONE else 40)


@pytest.mark.promise("K2", "K3.evidence")
def test_a_reopened_task_has_to_be_shown_anew() -> None:
    done = move(TWO, TaskProgress(evidence=(command_evidence("*", 0),)), DONE)
    check_refused(TWO, move(TWO, done, PENDING), ("c1", "c2"))


PLAN = plan(task("a", criteria=("c1",)), task("b", "a"))


def approval(decision: Decision, version: str = PLAN.version) -> Approval:
    return Approval(decision=decision, version=version, by=PERSON, at=NOON)


YES, NO, OLD = (
    approval(Decision.APPROVED),
    approval(Decision.REJECTED),
    approval(Decision.APPROVED, "0" * 64),
)


@pytest.mark.promise("P4.version", "P4.reject")
@pytest.mark.parametrize(
    ("said", "states", "running", "expected"),
    [
        (None, {}, False, PlanState.DRAFT),
        (YES, {}, False, PlanState.APPROVED),
        (NO, {}, False, PlanState.REJECTED),
        (OLD, {}, False, PlanState.DRAFT),
        (approval(Decision.REJECTED, "0" * 64), {}, False, PlanState.DRAFT),
        (YES, {"a": DONE}, False, PlanState.APPROVED),
        (YES, {"a": DONE, "b": FAILED}, False, PlanState.APPROVED),
        (YES, {"a": DONE, "b": BLOCKED}, False, PlanState.APPROVED),
        (YES, {"a": DONE, "b": DONE}, False, PlanState.DONE),
        (None, {"a": DONE, "b": SKIPPED}, False, PlanState.DONE),
        (YES, {"a": DONE, "b": CANCELLED}, False, PlanState.DONE),
        (YES, {"a": SKIPPED, "b": CANCELLED}, False, PlanState.APPROVED),
        (YES, {"a": DONE, "b": DONE, "gone": PENDING}, False, PlanState.DONE),
        (None, {}, True, PlanState.RUNNING),
        (YES, {"a": DONE, "b": DONE}, True, PlanState.RUNNING),
    ],
)
def test_the_state_of_a_plan_follows_from_approval_tasks_and_runs(
    said: Approval | None, states: dict[str, TaskState], running: bool, expected: PlanState
) -> None:
    assert plan_state(PLAN, said, states, running=running) is expected


@pytest.mark.promise("P4.changed", "P4.version")
def test_an_approved_plan_that_changes_is_unapproved_and_approved_again_when_it_goes_back() -> None:
    changed = plan(*PLAN.tasks, task("c"))
    assert plan_state(changed, YES, {}, running=False) is PlanState.DRAFT
    assert plan_state(plan(*changed.tasks[:2]), YES, {}, running=False) is PlanState.APPROVED


def test_a_plan_without_tasks_is_never_done() -> None:
    assert plan_state(plan(), None, {}, running=False) is PlanState.DRAFT


SHOWN = TaskProgress(state=DONE, evidence=(command_evidence("*", 0),))


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    ("progress", "open_findings", "reasons"),
    [
        ({"a": SHOWN, "b": SHOWN}, 0, []),
        (
            {},
            0,
            ["a is pending", "b is pending", "a: c1 is not shown"],
        ),
        ({"a": SHOWN}, 0, ["b is pending"]),
        ({"a": TaskProgress(state=DONE), "b": SHOWN}, 0, ["a: c1 is not shown"]),
        ({"a": SHOWN, "b": TaskProgress(state=SKIPPED)}, 0, []),
        ({"a": TaskProgress(state=CANCELLED), "b": SHOWN}, 0, []),
        ({"a": SHOWN, "b": TaskProgress(state=FAILED)}, 0, ["b is failed"]),
        ({"a": SHOWN, "b": SHOWN}, 1, ["1 finding is open"]),
        ({"a": SHOWN, "b": SHOWN}, 2, ["2 findings are open"]),
        (
            {"a": TaskProgress(state=SKIPPED), "b": TaskProgress(state=CANCELLED)},
            0,
            ["the plan has no remaining tasks: all are skipped or cancelled"],
        ),
    ],
)
def test_a_plan_is_complete_exactly_when_no_reason_speaks_against_it(
    progress: dict[str, TaskProgress], open_findings: int, reasons: list[str]
) -> None:
    check = check_plan(PLAN, progress, open_findings)
    assert check.reasons == tuple(reasons)
    assert check.complete == (not reasons)
    assert check.plan_id == PLAN.id
    assert check.open_findings == open_findings
    assert [row.id for row in check.tasks] == ["a", "b"]


@pytest.mark.promise("P7")
def test_the_check_tells_per_task_what_is_shown_and_what_is_missing() -> None:
    partly = TaskProgress(evidence=(command_evidence("c1", 0),))
    check = check_plan(plan(TWO, NONE), {"t1": partly, "t2": TaskProgress(state=SKIPPED)}, 0)
    assert (check.done, check.total) == (0, 1)
    assert check.tasks[0].shown == ("c1",)
    assert check.tasks[0].missing == ("c2",)
    assert [(c.id, c.evidence) for c in check.tasks[0].criteria] == [
        ("c1", partly.evidence[0]),
        ("c2", None),
    ]


NEXT = plan(
    task("low", priority=Priority.LOW),
    task("first"),
    task("second"),
    task("urgent", "first", priority=Priority.CRITICAL),
    task("last", "urgent", "low"),
)


@pytest.mark.promise("K1.next")
@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, ["first", "second", "low"]),
        ({"first": DONE}, ["urgent", "second", "low"]),
        ({"first": SKIPPED}, ["urgent", "second", "low"]),
        ({"first": CANCELLED}, ["second", "low"]),
        ({"first": FAILED}, ["second", "low"]),
        ({"first": BLOCKED}, ["second", "low"]),
        ({"first": TaskState.RUNNING}, ["second", "low"]),
        ({"first": DONE, "urgent": DONE, "second": DONE}, ["low"]),
        ({"first": DONE, "urgent": DONE, "second": DONE, "low": DONE}, ["last"]),
        ({each.id: DONE for each in NEXT.tasks}, []),
    ],
)
def test_next_are_the_pending_tasks_whose_requirements_are_met_most_urgent_first(
    states: dict[str, TaskState], expected: list[str]
) -> None:
    progress = {name: TaskProgress(state=state) for name, state in states.items()}
    assert names(NEXT, progress) == expected


def names(of: Plan, progress: dict[str, TaskProgress]) -> list[str]:
    return [each.id for each in next_tasks(of, progress)]
