"""Upgrades stored documents of older versions when they are read."""

import hmac
from typing import Any

from podium.entities.signing import sign_run, signature_of
from podium.model import layout
from podium.model.base import Frozen, content_hash
from podium.model.documents import Folder
from podium.model.runs import Run

Document = dict[str, Any]

_COPIED_SETTINGS = (
    *("max_parallel", "max_attempts", "max_recovery_attempts"),
    *("audit", "max_audit_rounds", "audit_blocks", "limits"),
)
"""Settings that were top-level fields of a run in version 1."""

_CHANGED_BY_RUNNER_1 = {"seal", "state", "reason", "started_at", "ended_at"}
"""Fields that the signature of version 1 does not cover."""

_PHASES_1 = {"recovering": "repairing", "auditing": "reviewing"}
_OUTCOMES_1 = {"cut": "truncated"}


def stored_shapes() -> tuple[Folder[Frozen], ...]:
    """Return all kinds of documents with the functions that upgrade their older versions."""
    upcasts = {
        layout.runs().pattern: (run_from_1,),
        layout.task_runs("*").pattern: (task_run_from_1,),
    }
    return tuple(
        Folder(shape.pattern, shape.type, upcasts.get(shape.pattern, ())) for shape in layout.SHAPES
    )


def run_from_1(document: Document) -> Document:
    """Move the settings of a run into one field, and re-sign it if its signature was valid.

    A signature covers every field, so it has to be verified before the document is changed.
    """
    fixed = {name: it for name, it in document.items() if name not in _CHANGED_BY_RUNNER_1}
    was_signed_here = hmac.compare_digest(
        str(document.get("seal", "")), signature_of(content_hash(["run", fixed]))
    )
    upgraded = {name: it for name, it in document.items() if name not in _COPIED_SETTINGS}
    settings = {name: document[name] for name in _COPIED_SETTINGS if name in document}
    # Version 1 omitted default values, and its default was 0 attempts.
    upgraded["settings"] = {"max_recovery_attempts": 0, **settings}
    upgraded["seal"] = sign_run(Run.model_validate(upgraded)).seal if was_signed_here else ""
    return upgraded


def task_run_from_1(document: Document) -> Document:
    """Replace the former names of phases and outcomes in a task run."""
    phase = document.get("phase")
    attempts = [_attempt_from_1(each) for each in document.get("attempts", ())]
    return {
        **document,
        **({"phase": _PHASES_1.get(phase, phase)} if phase else {}),
        **({"attempts": attempts} if attempts else {}),
    }


def _attempt_from_1(attempt: Document) -> Document:
    steps = [
        {**step, "outcome": _OUTCOMES_1.get(step["outcome"], step["outcome"])}
        if step.get("outcome")
        else step
        for step in attempt.get("steps", ())
    ]
    return {**attempt, "steps": steps} if steps else attempt
