"""The table of operations from which every face is built; loads operations on demand."""

from importlib import import_module
from typing import Any

from podium.errors import InternalError
from podium.operations.operation import Operation

OPERATION_IDS: tuple[str, ...] = (
    "project.init",
    "project.trust",
    "plan.create",
    "plan.show",
    "plan.list",
    "plan.update",
    "plan.approve",
    "plan.reject",
    "plan.reset",
    "plan.export",
    "plan.import",
    "plan.check",
    "task.list",
    "task.show",
    "task.next",
    "task.update",
    "task.claim",
    "task.complete",
    "session.list",
    "session.show",
    "session.create",
    "session.update",
    "session.resume",
    "session.history",
    "session.context",
    "thought.add",
    "thought.tree",
    "run.start",
    "run.status",
    "run.pause",
    "run.resume",
    "run.cancel",
    "run.report",
    "run.preview",
    "usage.show",
    "question.list",
    "question.answer",
    "question.revoke",
    "work.land",
    "work.blame",
    "file.revert",
    "finding.list",
    "finding.show",
    "finding.dismiss",
    "finding.add",
    "finding.settle",
    "finding.fix",
    "finding.reopen",
    "finding.export",
    "audit.run",
    "syntax.check",
    "store.recover",
    "store.snapshots",
    "store.restore",
    "store.migrate",
    "store.audit",
    "store.gc",
    "config.show",
    "doctor.check",
    "agent.list",
    "agent.test",
    "agent.rest",
    "agent.wake",
    "agent.add",
    "agent.remove",
    "agent.policy",
)
"""`noun.verb`; the operation is in the module `podium.operations.noun.verb`."""

READING_IDS: tuple[str, ...] = (
    "board.rows",
    "prompt.choices",
    "prompt.form",
    "run.activity",
    "run.active",
    "run.log",
    "plan.by_path",
    "plan.prompt",
    "plan.index",
    "finding.located",
    "finding.recorded",
)
"""Reading operations that faces use for display and forms; users cannot call them."""

CONSENT_IDS: tuple[str, ...] = ("task.unchanged", "task.vouch")
"""Operations that a face uses while it handles another request; never offered to users."""

_KEYWORDS = {"import": "import_"}


def load_operation(operation_id: str) -> Operation[Any, Any]:
    """Import and return one operation.

    Raises:
        InternalError: the module in the table does not define the operation.
    """
    noun, verb = operation_id.split(".")
    name = _KEYWORDS.get(verb, verb)
    module = import_module(f"podium.operations.{noun}.{name}")
    found: Operation[Any, Any] | None = getattr(module, name, None)
    if found is None or found.id != operation_id:
        raise InternalError(f"The table lists {operation_id}, but its module does not define it")
    return found
