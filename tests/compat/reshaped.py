"""Documents of the present program in the form that the former one gave them.

A renamed value or a moved field is a line in `renamed.py`; what was rebuilt is turned back here.
"""

from typing import Any

from podium.model.base import to_json
from podium.model.runs import Attempt, TaskRun

Json = dict[str, Any]

_STEPS = {
    "execute": "executing",
    "check": "checking",
    "repair": "repairing",
    "fix": "repairing",
    "review": "reviewing",
}
_COURSE = {"audit", "audits", "recoveries"}
_NEW = {"at", "results", "call_keys", "counts"}


def in_former_shape(kind: str, document: Json) -> Json:
    """Return a document as the former program would have stored it."""
    match kind:
        case "Run":
            return _run(document)
        case "TaskRun":
            return _task_run(TaskRun.model_validate(document))
        case _:
            return document


def _run(document: Json) -> Json:
    agents = {role: choices[0] for role, choices in document.get("agents", {}).items()}
    return {**document, **({"agents": agents} if agents else {})}


def _task_run(record: TaskRun) -> Json:
    document = to_json(record)
    if record.phase == "working":
        document["phase"] = _STEPS[record.attempt.at.rpartition("/")[2]]
    if record.attempts:
        document["attempts"] = [_attempt(each) for each in record.attempts]
    return document


def _attempt(attempt: Attempt) -> Json:
    kept = {name: it for name, it in to_json(attempt).items() if name not in _NEW}
    reviews = [each for each in attempt.results if each.path.endswith("/review")]
    former: Json = {
        "steps": [to_json(each) for each in attempt.calls],
        "gates": [to_json(each) for each in attempt.gates],
        "recoveries": attempt.repairs,
        "audits": len(reviews),
        "audit": to_json(attempt.review) if attempt.review else None,
    }
    return {**kept, **{name: it for name, it in former.items() if it}}


def comparable(kind: str, document: Json) -> Json:
    """Return what can be compared of a document that sets every field to any of its values.

    No run produces such a task run, so the course of its attempts cannot be restored from it.
    """
    if kind != "TaskRun":
        return document
    attempts = [
        {name: it for name, it in each.items() if name not in _COURSE}
        for each in document.get("attempts", ())
    ]
    phase = document.get("phase", "")
    shown = "working" if phase in _STEPS.values() else phase
    return {**document, "attempts": attempts, "phase": shown}
