"""The steps of an attempt: what is due next, for every course that a tree can take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.model.agents import Role
from podium.model.doubts import DoubtJudge
from podium.model.rules.next_steps import Due, Failed, Passed, next_steps
from podium.model.rules.steps import LoopStep, Tree, default_tree, step_at, title_at
from podium.model.runs import AgentResult, GatesResult, RunSettings, StepResult

BOTH = frozenset({Role.EXECUTOR, Role.CONSULTANT, Role.AUDITOR})
PLAIN = default_tree(RunSettings(max_recovery_attempts=2), BOTH)
REVIEWED = default_tree(RunSettings(audit=True, max_audit_rounds=2), BOTH)
ALONE = default_tree(RunSettings(audit=True), frozenset({Role.EXECUTOR, Role.AUDITOR}))


def result(text: str) -> StepResult:
    """Return a result from its path and its marks.

    `-` failed, `!` beyond repair, `=` unchanged, `?` its writer is asked, `@` its judge is asked.
    """
    path = text.rstrip("-!=?@")
    marks = text[len(path) :]
    failed = not {*marks}.isdisjoint("-!?@")
    asks = "writer" if "?" in marks else "judge" if "@" in marks else ""
    update = {
        "path": path,
        "passed": not failed,
        "changed": "=" not in marks,
        "repairable": "-" in marks,
        "asks": asks,
    }
    kind = GatesResult if path.endswith("check") else AgentResult
    return kind.model_validate(update)


def check(tree: Tree, course: str, expected: str) -> None:
    """Check what follows a course of results: `due PATH`, `passed` or `failed PATH`."""
    found = next_steps(tree, [result(each) for each in course.split()])
    match found:
        case Passed():
            assert expected == "passed"
        case Failed(path):
            assert expected == f"failed {path}"
        case due:
            assert expected == f"due {due[0].path}"
            assert due[0].step == step_at(tree, due[0].path)


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ("", "due execute"),
        ("execute-", "failed execute"),
        ("execute", "due gates[1]/check"),
        ("execute gates[1]/check", "passed"),
        ("execute gates[1]/check-", "due gates[1]/repair"),
        ("execute gates[1]/check!", "failed gates[1]/check"),
        ("execute gates[1]/check- gates[1]/repair-", "failed gates[1]/repair"),
        ("execute gates[1]/check- gates[1]/repair", "due gates[2]/check"),
        ("execute gates[1]/check- gates[1]/repair gates[2]/check", "passed"),
        ("execute gates[1]/check- gates[1]/repair gates[2]/check-", "due gates[2]/repair"),
        (
            "execute gates[1]/check- gates[1]/repair gates[2]/check- gates[2]/repair"
            " gates[3]/check-",
            "failed gates[3]/check",
        ),
        ("execute elsewhere-", "due gates[1]/check"),
    ],
)
def test_a_change_is_checked_and_repaired(course: str, expected: str) -> None:
    check(PLAIN, course, expected)


JUDGED = default_tree(RunSettings(max_recovery_attempts=1, doubts=DoubtJudge.PERSON), BOTH)
UNREPAIRED = default_tree(RunSettings(), frozenset({Role.EXECUTOR}))
DOUBTED = "execute gates[1]/check? gates[1]/doubts"


@pytest.mark.promise("V6.confirmed")
@pytest.mark.parametrize(
    ("tree", "course", "expected"),
    [
        (PLAIN, "execute gates[1]/check?", "due gates[1]/doubts"),
        (PLAIN, DOUBTED, "due gates[2]/check"),
        (PLAIN, f"{DOUBTED} gates[2]/check", "passed"),
        (PLAIN, f"{DOUBTED} gates[2]/check!", "failed gates[2]/check"),
        (PLAIN, f"{DOUBTED} gates[2]/check-", "due gates[2]/repair"),
        (PLAIN, f"{DOUBTED} gates[2]/check- gates[2]/repair", "due gates[3]/check"),
        (PLAIN, f"{DOUBTED} gates[2]/check@", "failed gates[2]/check"),
        (PLAIN, "execute gates[1]/check? gates[1]/doubts-", "failed gates[1]/doubts"),
        (
            PLAIN,
            f"{DOUBTED} gates[2]/check? gates[2]/doubts gates[3]/check? gates[3]/doubts"
            " gates[4]/check?",
            "failed gates[4]/check",
        ),
        (JUDGED, f"{DOUBTED} gates[2]/check@", "due gates[2]/judge"),
        (JUDGED, f"{DOUBTED} gates[2]/check@ gates[2]/judge", "due gates[3]/check"),
        (JUDGED, f"{DOUBTED} gates[2]/check@ gates[2]/judge-", "failed gates[2]/judge"),
        (UNREPAIRED, "execute gates[1]/check-", "failed gates[1]/check"),
        (UNREPAIRED, "execute gates[1]/check?", "due gates[1]/doubts"),
        (UNREPAIRED, f"{DOUBTED} gates[2]/check", "passed"),
    ],
)
def test_doubts_are_asked_about_and_checked_again(tree: Tree, course: str, expected: str) -> None:
    check(tree, course, expected)


CHECKED = "execute gates[1]/check"


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        (CHECKED, "due review[1]/review"),
        (f"{CHECKED}=", "passed"),
        (f"{CHECKED} review[1]/review", "passed"),
        (f"{CHECKED} review[1]/review!", "failed review[1]/review"),
        (f"{CHECKED} review[1]/review-", "due review[1]/fix"),
        (f"{CHECKED} review[1]/review- review[1]/fix-", "failed review[1]/fix"),
        (f"{CHECKED} review[1]/review- review[1]/fix", "due review[1]/gates[1]/check"),
        (
            f"{CHECKED} review[1]/review- review[1]/fix review[1]/gates[1]/check",
            "due review[2]/review",
        ),
        (
            f"{CHECKED} review[1]/review- review[1]/fix review[1]/gates[1]/check-",
            "due review[1]/gates[1]/repair",
        ),
        (
            f"{CHECKED} review[1]/review- review[1]/fix review[1]/gates[1]/check review[2]/review-",
            "failed review[2]/review",
        ),
        # One repair an attempt, wherever it was spent.
        (
            "execute gates[1]/check- gates[1]/repair gates[2]/check review[1]/review- review[1]/fix"
            " review[1]/gates[1]/check-",
            "failed review[1]/gates[1]/check",
        ),
    ],
)
def test_a_change_is_reviewed_and_fixed(course: str, expected: str) -> None:
    check(REVIEWED, course, expected)


def test_without_a_consultant_nothing_is_repaired() -> None:
    check(ALONE, "execute gates[1]/check-", "failed gates[1]/check")
    check(ALONE, f"{CHECKED} review[1]/review-", "failed review[1]/review")


def test_a_path_names_its_step() -> None:
    assert title_at(REVIEWED, "review[2]/gates[1]/repair") == "repairing"
    assert isinstance(step_at(REVIEWED, "review"), LoopStep)
    assert step_at(REVIEWED, "review/nothing") is None
    assert title_at(REVIEWED, "gone[1]") == "gone[1]"


@given(
    outcomes=st.lists(st.sampled_from(("", "-", "!", "=", "?", "@")), max_size=60),
    audit=st.booleans(),
    judge=st.sampled_from(DoubtJudge),
    repairs=st.integers(0, 3),
    rounds=st.integers(1, 3),
    consultant=st.booleans(),
)
def test_every_course_ends_and_asks_for_no_step_twice(
    outcomes: list[str],
    *,
    audit: bool,
    judge: DoubtJudge,
    repairs: int,
    rounds: int,
    consultant: bool,
) -> None:
    settings = RunSettings(
        audit=audit, max_recovery_attempts=repairs, max_audit_rounds=rounds, doubts=judge
    )
    tree = default_tree(settings, BOTH if consultant else BOTH - {Role.CONSULTANT})
    results: list[StepResult] = []
    for outcome in (*outcomes, *("" for _ in range(60))):
        due = next_steps(tree, results)
        assert next_steps(tree, results) == due, "the same results have the same answer"
        if not isinstance(due, tuple):
            break
        assert isinstance(due[0], Due)
        assert due[0].path not in {each.path for each in results}
        results.append(result(due[0].path + outcome))
    else:
        raise AssertionError("the attempt does not end")
    if isinstance(due, Failed):
        assert not results[-1].passed
        assert due.path == results[-1].path
    assert sum(each.path.endswith("/repair") for each in results) <= repairs
