"""Upgrades stored documents with older versions when they are read."""

import hmac
from dataclasses import replace
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

_CHANGED_BY_RUNNER = {"seal", "state", "reason", "started_at", "ended_at"}
"""Fields that the signature of versions 1 and 2 does not cover."""

_STEP_PHASES_2 = {"executing", "checking", "repairing", "reviewing"}
_PHASES_1 = {"recovering": "repairing", "auditing": "reviewing"}
_OUTCOMES_1 = {"cut": "truncated"}


def stored_shapes() -> tuple[Folder[Frozen], ...]:
    """Return all kinds of documents with the functions that upgrade their older versions."""
    upcasts = {
        layout.runs().pattern: (run_from_1, run_from_2),
        layout.task_runs("*").pattern: (task_run_from_1, task_run_from_2),
    }
    return tuple(replace(shape, upcasts=upcasts.get(shape.pattern, ())) for shape in layout.SHAPES)


def run_from_1(document: Document) -> Document:
    """Move the settings of a run into one field, and re-sign it if its signature was valid.

    A signature covers every field, so it has to be verified before the document is changed.
    """
    upgraded = {name: it for name, it in document.items() if name not in _COPIED_SETTINGS}
    settings = {name: document[name] for name in _COPIED_SETTINGS if name in document}
    # Version 1 omitted default values, and its default was 0 attempts.
    upgraded["settings"] = {"max_recovery_attempts": 0, **settings}
    return {**upgraded, "seal": _digest(upgraded) if _was_signed_here(document) else ""}


def run_from_2(document: Document) -> Document:
    """Turn each role's agent into a list, and sign the run again if it was signed."""
    agents = {role: [choice] for role, choice in document.get("agents", {}).items()}
    upgraded = {**document, **({"agents": agents} if agents else {})}
    if not _was_signed_here(document):
        return {**upgraded, "seal": ""}
    return {**upgraded, "seal": sign_run(Run.model_validate(upgraded)).seal}


def _was_signed_here(document: Document) -> bool:
    return hmac.compare_digest(str(document.get("seal", "")), _digest(document))


def _digest(document: Document) -> str:
    """Return the digest of a stored run over all fields that the runner does not change."""
    fixed = {name: it for name, it in document.items() if name not in _CHANGED_BY_RUNNER}
    return signature_of(content_hash(["run", fixed]))


def task_run_from_1(document: Document) -> Document:
    """Replace the old names of phases and outcomes in a task run."""
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


def task_run_from_2(document: Document) -> Document:
    """Replace the phases between preparing and merging by a path in the tree of steps."""
    from podium.entities.attempts_v2 import upgrade_attempt_v2

    phase = document.get("phase", "waiting")
    attempts = list(document.get("attempts", ()))
    raised = [upgrade_attempt_v2(each, document["task_id"]) for each in attempts[:-1]]
    raised += [upgrade_attempt_v2(each, document["task_id"], phase) for each in attempts[-1:]]
    return {
        **document,
        **({"phase": "working"} if phase in _STEP_PHASES_2 else {}),
        **({"attempts": raised} if raised else {}),
    }
