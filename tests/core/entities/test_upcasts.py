"""Documents of former versions are raised to the present one, and keep what they meant."""

from typing import Any

import pytest

from podium.entities.signing import is_run_signed_here, signature_of
from podium.entities.upcasts import run_from_1, task_run_from_1
from podium.model.base import content_hash, to_json
from podium.model.runs import Run, RunSettings, TaskRun

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
    raised = Run.model_validate(run_from_1(signed_1(**fields)))
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
    raised = Run.model_validate(run_from_1({**signed_1(), **change}))
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
        assert TaskRun.model_validate(raised).phase == now
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
    raised = task_run_from_1(document)
    steps = TaskRun.model_validate(raised).attempt.steps
    assert [each.outcome for each in steps] == ["truncated", "failed", None]
    assert document["attempts"][0]["steps"][0]["outcome"] == "cut", "the argument stays as it was"
