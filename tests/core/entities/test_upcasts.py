"""Documents of former versions are raised to the present one, and keep what they meant."""

from typing import Any

import pytest

from podium.entities.signing import is_run_signed_here, signature_of
from podium.entities.upcasts import run_from_1, run_from_2, task_run_from_1, task_run_from_2
from podium.model.base import content_hash, to_json
from podium.model.rules.next_steps import next_steps
from podium.model.rules.steps import tree_of
from podium.model.runs import Run, RunSettings, TaskRun
from podium.model.states import Phase
from podium.runs.context import call_keys

Document = dict[str, Any]

RUN_1: Document = {
    "id": "r-222222",
    "plan_id": "p-222222",
    "plan_version": "a" * 64,
    "task_ids": ["t1"],
    "gates": [{"name": "test", "command": ["pytest", "-q"]}],
    "base_commit": "c" * 40,
    "target_branch": "main",
    "integration_branch": "podium/p-222222/integration",
    "created_at": "2026-11-20T12:00:00Z",
    "created_by": {"kind": "person", "name": "ada", "face": "cli"},
}
RUN_3: Document = {
    **RUN_1,
    "settings": {"audit": True},
    "agents": {role: [{"agent": "gemini"}] for role in ("executor", "consultant", "auditor")},
}
MOVING: Document = {"state": "running", "started_at": "2026-11-20T12:00:01Z"}


def signed_1(**fields: Any) -> Document:
    """Return a run as version 1 stored and signed it."""
    fixed = {**RUN_1, **fields}
    return {**fixed, **MOVING, "seal": signature_of(content_hash(["run", fixed]))}


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.promise("W5")
@pytest.mark.parametrize(
    ("fields", "settings"),
    [
        ({}, RunSettings(max_recovery_attempts=0)),
        ({"max_recovery_attempts": 1}, RunSettings()),
        (
            {"mode": "parallel", "max_parallel": 3, "audit": True, "limits": {"wall_seconds": 9.0}},
            RunSettings.model_validate(
                {
                    "max_parallel": 3,
                    "max_recovery_attempts": 0,
                    "audit": True,
                    "limits": {"wall_seconds": 9.0},
                }
            ),
        ),
    ],
    ids=["defaults", "the present default", "all kinds"],
)
def test_a_run_keeps_its_settings_and_its_signature(
    fields: Document, settings: RunSettings
) -> None:
    raised = Run.model_validate(run_from_2(run_from_1(signed_1(**fields))))
    assert raised.settings == settings
    assert is_run_signed_here(raised)
    untouched = to_json(raised).keys() - {"settings", "seal"}
    assert untouched == (RUN_1.keys() | MOVING.keys() | fields.keys()) - set(
        RunSettings.model_fields
    )


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.promise("X5")
@pytest.mark.parametrize(
    "change",
    [
        {"gates": [{"name": "test", "command": ["rm", "-rf", "x"]}]},
        {"max_parallel": 2},
        {"seal": ""},
        {"seal": "0" * 64},
        {"settings": {"max_parallel": 2}},
    ],
    ids=["another command", "another setting", "no signature", "a wrong signature", "a new field"],
)
def test_a_run_that_was_changed_is_not_signed_again(change: Document) -> None:
    raised = Run.model_validate(run_from_2(run_from_1({**signed_1(), **change})))
    assert raised.seal == ""
    assert not is_run_signed_here(raised)


@pytest.mark.promise("W5")
def test_a_task_run_gets_the_present_names_of_phases_and_outcomes() -> None:
    for former, now in {
        "recovering": "repairing",
        "auditing": "reviewing",
        "checking": "checking",
    }.items():
        raised = task_run_from_1({"task_id": "t1", "phase": former})
        assert raised["phase"] == now
        assert TaskRun.model_validate(task_run_from_2(raised)).phase == "working"
    step = {"key": "k", "agent": "gemini", "role": "executor"}
    document: Document = {
        "task_id": "t1",
        "attempts": [
            {
                "number": 1,
                "branch": "b",
                "started_at": "2026-11-20T12:00:00Z",
                "steps": [{**step, "outcome": "cut"}, {**step, "outcome": "failed"}, step],
            }
        ],
    }
    raised = task_run_from_2(task_run_from_1(document))
    calls = TaskRun.model_validate(raised).attempt.calls
    assert [each.outcome for each in calls] == ["truncated", "failed", None]
    assert document["attempts"][0]["steps"][0]["outcome"] == "cut", "the argument stays as it was"


def call_2(role: str, step: str, outcome: str = "completed") -> Document:
    """Return a call as version 2 stored it."""
    return {"key": f"r-1/t1/1/{step}", "agent": "gemini", "role": role, "outcome": outcome}


EXECUTED = call_2("executor", "execute")
PASSED = [{"gate": "syntax", "passed": True, "summary": "fine"}]
REFUSED = [{"gate": "syntax", "passed": False, "summary": "1 new problem"}]
REVIEWED = call_2("auditor", "audit-1")
VERDICT = {"auditor": "gemini", "passed": False, "summary": "1 finding"}
AUDIT = {"gate": "audit", "passed": False, "summary": "1 finding"}


@pytest.mark.promise("W5", "R7.once")
@pytest.mark.parametrize(
    ("phase", "attempt", "at", "key"),
    [
        ("executing", {}, "execute", "execute"),
        ("checking", {"steps": [EXECUTED]}, "gates[1]/check", ""),
        (
            "repairing",
            {"steps": [EXECUTED], "gates": REFUSED},
            "gates[1]/repair",
            "recover-1",
        ),
        (
            "checking",
            {"steps": [EXECUTED, call_2("consultant", "recover-1")], "recoveries": 1},
            "gates[2]/check",
            "",
        ),
        ("reviewing", {"steps": [EXECUTED], "gates": PASSED}, "review[1]/review", "audit-1"),
        (
            "repairing",
            {
                "steps": [EXECUTED, REVIEWED],
                "gates": [*PASSED, AUDIT],
                "audit": VERDICT,
                "audits": 1,
            },
            "review[1]/fix",
            "recover-1",
        ),
        (
            "checking",
            {
                "steps": [EXECUTED, REVIEWED, call_2("consultant", "recover-1")],
                "gates": [*PASSED, AUDIT],
                "audit": VERDICT,
                "audits": 1,
                "recoveries": 1,
            },
            "review[1]/gates[1]/check",
            "",
        ),
        (
            "reviewing",
            {
                "steps": [EXECUTED, REVIEWED, call_2("consultant", "recover-1")],
                "gates": PASSED,
                "audits": 1,
                "recoveries": 1,
            },
            "review[2]/review",
            "audit-2",
        ),
    ],
)
def test_a_task_in_any_phase_of_version_2_goes_on_where_it_stood(
    phase: str, attempt: Document, at: str, key: str
) -> None:
    first = {"number": 1, "branch": "b", "started_at": "2026-11-20T12:00:00Z", **attempt}
    document = {"task_id": "t1", "phase": phase, "attempts": [first]}

    raised = TaskRun.model_validate(task_run_from_2(document))

    run = Run.model_validate(RUN_3)
    assert (raised.phase, raised.attempt.at) == (Phase.WORKING, at)
    due = next_steps(tree_of(run), raised.attempt.results)
    assert isinstance(due, tuple)
    assert due[0].path == at
    assert [call_2(each.role, each.key.rpartition("/")[2]) for each in raised.attempt.calls] == (
        attempt.get("steps", [])
    )
    expected = [each for each in attempt.get("gates", ()) if phase != "checking"]
    assert [to_json(each) for each in raised.attempt.gates if phase != "checking"] == expected
    if key:
        stored = run.model_copy(update={"id": "r-1"})
        assert call_keys(stored, raised)[0] == f"r-1/t1/1/{key}"


def test_the_results_of_an_ended_attempt_of_version_2_are_kept() -> None:
    first: Document = {
        "number": 1,
        "branch": "b",
        "started_at": "2026-11-20T12:00:00Z",
        "steps": [EXECUTED, call_2("consultant", "recover-1"), REVIEWED],
        "gates": [*PASSED, {"gate": "test", "passed": True, "summary": "ok", "stage": "merged"}],
        "audit": {**VERDICT, "passed": True},
        "recoveries": 1,
        "audits": 1,
        "merged_commit": "c" * 40,
    }
    document = {"task_id": "t1", "phase": "done", "attempts": [first]}

    attempt = TaskRun.model_validate(task_run_from_2(document)).attempt

    assert [each.path for each in attempt.results] == [
        "execute",
        "gates[1]/check",
        "gates[1]/repair",
        "gates[2]/check",
        "review[1]/review",
        "merge",
    ]
    assert attempt.repairs == 1
    assert [each.gate for each in attempt.gates] == ["syntax", "test"]
    assert attempt.review is not None
    assert attempt.review.passed
    assert (attempt.at, attempt.merged_commit) == ("", "c" * 40)
