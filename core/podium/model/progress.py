"""Progress of tasks and the evidence for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from podium.errors import ConflictError, EvidenceMissing
from podium.model.base import Frozen, Tagged
from podium.model.doubts import AnsweredDoubt
from podium.model.events import Actor
from podium.model.plans import (
    AcceptanceCriterion,
    Approval,
    CriterionKind,
    Decision,
    Plan,
    Task,
)
from podium.model.states import TASK_MACHINE, PlanState, TaskState

UNCHANGED = "(no file changed)"
"""The `criterion` of a person's word that no file had to change; no criterion can have this id."""

GATES = "gates"
"""The `auditor` of a verdict that says only that the gates passed."""


JUDGED_KINDS = frozenset({CriterionKind.AUDITOR, CriterionKind.PERSON, CriterionKind.ANY})
"""The kinds of criteria that no gate checks."""


class Lease(Frozen):
    """A claim on a task: no other agent can claim it before the lease expires."""

    token: str
    """Proves the claim after a restart of the holder."""
    holder: Actor
    expires_at: datetime
    checkpoint: str = ""
    """The commit with the state of the checkout when the task was claimed."""

    def is_live(self, now: datetime) -> bool:
        """Return whether the lease has not expired."""
        return now < self.expires_at

    def is_held_by(self, actor: Actor, token: str) -> bool:
        """Return whether the actor holds the lease, or presents its token."""
        return token == self.token if token else actor == self.holder


def check_lease(name: str, lease: Lease | None, actor: Actor, token: str, now: datetime) -> None:
    """Check that no other agent is working on a task; people may always change tasks.

    Args:
        name: the task's name for the message.

    Raises:
        ConflictError: another agent holds the lease.
    """
    if actor.kind == "person" or lease is None or not lease.is_live(now):
        return
    if not lease.is_held_by(actor, token):
        raise ConflictError(
            f"Task {name} is claimed by another agent",
            why=f"{lease.holder.name or 'another agent'} has claimed it until "
            f"{lease.expires_at:%H:%M:%S} UTC",
            hints=["podium next shows other tasks"],
        )


class CommandShown(Tagged):
    """A command that was run, and its exit code."""

    type: Literal["command"] = "command"
    command: tuple[str, ...]
    exit_code: int
    output_tail: str = ""

    @property
    def holds(self) -> bool:
        """Whether this proves the criterion."""
        return self.exit_code == 0


class TestsShown(Tagged):
    """A test run with the number of passed and failed tests."""

    __test__ = False
    type: Literal["tests"] = "tests"
    command: tuple[str, ...] = ()
    passed: int = Field(ge=0)
    failed: int = Field(default=0, ge=0)

    @property
    def holds(self) -> bool:
        """Whether this proves the criterion."""
        return self.failed == 0 and self.passed > 0


class FileShown(Tagged):
    """Proof that a project file contains a string."""

    type: Literal["file"] = "file"
    path: str
    contains: str = ""

    @property
    def holds(self) -> bool:
        """Whether this proves the criterion; the content is checked before it is recorded."""
        return True


class VerdictShown(Tagged):
    """The verdict of an auditor."""

    type: Literal["verdict"] = "verdict"
    auditor: str
    passed: bool
    text: str = ""

    @property
    def holds(self) -> bool:
        """Whether this proves the criterion."""
        return self.passed


class WordGiven(Tagged):
    """A person's confirmation. An agent's own statement is not evidence."""

    type: Literal["word"] = "word"
    text: str = ""

    @property
    def holds(self) -> bool:
        """Whether this proves the criterion."""
        return True


Shown = Annotated[
    CommandShown | TestsShown | FileShown | VerdictShown | WordGiven, Field(discriminator="type")
]


class Evidence(Frozen):
    """The proof that a criterion is met, with its author and time."""

    criterion: str
    """The id of the criterion; `*` means all criteria of the task."""
    shown: Shown
    by: Actor
    at: datetime

    @property
    def holds(self) -> bool:
        """Whether this proves the criterion; only a person's confirmation counts."""
        by_word = isinstance(self.shown, WordGiven)
        return self.shown.holds and (not by_word or self.by.kind == "person")


class TaskProgress(Frozen):
    """The progress of a task: the document `status/<task>.json`, written by the program."""

    state: TaskState = TASK_MACHINE.start
    percent: int = Field(default=0, ge=0, le=100)
    note: str = ""
    note_by: Actor | None = None
    """Author of the note; None if there is no note, or an older version wrote it."""
    reason: str = ""
    """The reason why the task is blocked, failed, cancelled or skipped."""
    reason_by: Actor | None = None
    """Author of the reason; None if Podium itself gave it."""
    evidence: tuple[Evidence, ...] = ()
    """Oldest first."""
    doubts: tuple[AnsweredDoubt, ...] = ()
    """The doubts about its changes that were answered so that it could be done."""
    session_id: str = ""
    run_id: str = ""
    commit: str = ""
    """The commit with the result on the integration branch of the plan."""
    lease: Lease | None = None
    """The claim of an agent that is working on the task outside a run."""


NOT_STARTED = TaskProgress()
"""The progress of a task without a progress document."""


def missing_evidence(task: Task, evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """Return the ids of the criteria that are not shown.

    The latest evidence for a criterion counts: a command that once passed but now fails is not
    evidence.
    """
    return tuple(c.id for c in task.acceptance if shown_by(c, evidence) is None)


def shown_by(criterion: AcceptanceCriterion, evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the latest evidence for a criterion, or None if it is not shown."""
    speaks = [each for each in evidence if speaks_about(each, criterion)]
    return speaks[-1] if _latest_holds(speaks) else None


def speaks_about(evidence: Evidence, criterion: AcceptanceCriterion) -> bool:
    """Return whether a piece of evidence is of the kind that a criterion asks for.

    A person's word counts for every criterion. An auditor's verdict counts only for the criterion
    that it names, and passed gates count for none.
    """
    if evidence.criterion not in {criterion.id, "*"}:
        return False
    match evidence.shown:
        case WordGiven():
            return True
        case VerdictShown(auditor=auditor):
            is_named = evidence.criterion == criterion.id and auditor != GATES
            return is_named and criterion.kind in {CriterionKind.AUDITOR, CriterionKind.ANY}
        case FileShown(path=path, contains=text) if criterion.file is not None:
            return path == criterion.file.path and criterion.file.contains in text
        case FileShown():
            return criterion.kind in {CriterionKind.COMMAND, CriterionKind.ANY}
        case CommandShown() | TestsShown():
            kinds = {CriterionKind.COMMAND, CriterionKind.TEST, CriterionKind.ANY}
            return criterion.kind in kinds


def _latest_holds(evidence: Sequence[Evidence]) -> bool:
    return bool(evidence) and evidence[-1].holds


def move(task: Task, progress: TaskProgress, state: TaskState, reason: str = "") -> TaskProgress:
    """Return the progress after a state change.

    Reopening a task that was done discards its evidence.

    Raises:
        StateTransitionError: the transition is not allowed.
        EvidenceMissing: the new state is `done`, but a criterion has no evidence.
    """
    TASK_MACHINE.check(task.id, progress.state, state)
    if state is TaskState.DONE:
        _check_evidence(task, progress)
        return _done(progress, reason)
    reopened: dict[str, object] = {"percent": 0, "evidence": (), "doubts": (), "commit": ""}
    changes = dict(reopened) if progress.state is TaskState.DONE else {}
    lease = progress.lease if state is TaskState.RUNNING else None
    changes |= {"state": state, "reason": reason, "reason_by": None, "lease": lease}
    return progress.model_copy(update=changes)


def merged(task: Task, progress: TaskProgress) -> TaskProgress:
    """Return the progress of a task whose result a run has merged.

    Criteria that are not shown do not undo the merge; they keep the plan from being complete.

    Raises:
        StateTransitionError: the transition is not allowed.
    """
    TASK_MACHINE.check(task.id, progress.state, TaskState.DONE)
    return _done(progress, "")


def _done(progress: TaskProgress, reason: str) -> TaskProgress:
    done = {"reason": reason, "reason_by": None, "percent": 100, "lease": None}
    return progress.model_copy(update={"state": TaskState.DONE, **done})


def _check_evidence(task: Task, progress: TaskProgress) -> None:
    missing = missing_evidence(task, progress.evidence)
    nothing = not task.acceptance and not _latest_holds(progress.evidence)
    if not missing and not nothing:
        return
    named = "; ".join(f"{c.id}: {c.text}" for c in task.acceptance if c.id in missing)
    raise EvidenceMissing(
        f"Task {task.id} cannot be marked done",
        why=f"no evidence for {named}" if named else "it has no evidence",
        hints=[
            f'podium task {task.id} --state done --word "why you know" records your confirmation',
            f"podium task {task.id} --state done --command '…' runs it and records its exit code",
        ],
    )


def plan_state(
    plan: Plan, approval: Approval | None, states: dict[str, TaskState], *, running: bool
) -> PlanState:
    """Return the state of a plan; approvals of other versions do not count."""
    if running:
        return PlanState.RUNNING
    settled = {TaskState.DONE, TaskState.SKIPPED, TaskState.CANCELLED}
    here = [states.get(task.id, TaskState.PENDING) for task in plan.tasks]
    if here and all(s in settled for s in here) and TaskState.DONE in here:
        return PlanState.DONE
    if approval is None or approval.version != plan.version:
        return PlanState.DRAFT
    return PlanState.APPROVED if approval.decision is Decision.APPROVED else PlanState.REJECTED


class CriterionCheck(Frozen):
    """The evidence for one criterion."""

    id: str
    text: str
    kind: CriterionKind
    """The kind of evidence that it asks for."""
    evidence: Evidence | None
    """The latest valid evidence; None while it is not shown."""
    needs: str = ""
    """What would show it, as a noun phrase; empty if it is shown."""

    @property
    def is_for_people(self) -> bool:
        """Whether no command, test or file can show it."""
        return self.kind in JUDGED_KINDS


class TaskCheck(Frozen):
    """The criteria of a task, with and without evidence."""

    id: str
    title: str
    state: TaskState
    shown: tuple[str, ...]
    missing: tuple[str, ...]
    criteria: tuple[CriterionCheck, ...]
    doubts: tuple[AnsweredDoubt, ...] = ()
    """The doubts about its changes, with who answered them."""


class PlanCheck(Frozen):
    """The machine-readable verdict on whether a plan is complete."""

    plan_id: str
    complete: bool
    done: int
    total: int
    tasks: tuple[TaskCheck, ...]
    open_findings: int
    reasons: tuple[str, ...]
    """The reasons why it is not complete, one sentence each."""


def check_plan(
    plan: Plan,
    progress: dict[str, TaskProgress],
    open_findings: int,
    missing_results: tuple[str, ...] = (),
) -> PlanCheck:
    """Check a plan for open tasks, criteria and findings.

    Args:
        plan: the plan.
        progress: by task.
        open_findings: the number of open findings in its tasks.
        missing_results: results that are no longer in the repository, one sentence each.
    """
    rows = tuple(_check_task(task, progress.get(task.id, NOT_STARTED)) for task in plan.tasks)
    dropped = {TaskState.SKIPPED, TaskState.CANCELLED}
    counted = [row for row in rows if row.state not in dropped]
    reasons = [f"{row.id} is {row.state}" for row in counted if row.state is not TaskState.DONE] + [
        f"{row.id}: {_not_shown(row.missing)}" for row in counted if row.missing
    ]
    if not counted:
        reasons.append("the plan has no remaining tasks: all are skipped or cancelled")
    reasons += missing_results
    if open_findings:
        reasons.append(f"{open_findings} finding{'s are' if open_findings > 1 else ' is'} open")
    return PlanCheck(
        plan_id=plan.id,
        complete=not reasons,
        done=sum(row.state is TaskState.DONE for row in counted),
        total=len(counted),
        tasks=rows,
        open_findings=open_findings,
        reasons=tuple(reasons),
    )


def _not_shown(criteria: Sequence[str]) -> str:
    return f"{', '.join(criteria)} {'is' if len(criteria) == 1 else 'are'} not shown"


def _check_task(task: Task, progress: TaskProgress) -> TaskCheck:
    missing = missing_evidence(task, progress.evidence)
    return TaskCheck(
        id=task.id,
        title=task.title,
        state=progress.state,
        shown=tuple(c.id for c in task.acceptance if c.id not in missing),
        missing=missing,
        doubts=progress.doubts,
        criteria=tuple(_check_criterion(each, progress) for each in task.acceptance),
    )


def _check_criterion(criterion: AcceptanceCriterion, progress: TaskProgress) -> CriterionCheck:
    evidence = shown_by(criterion, progress.evidence)
    return CriterionCheck(
        id=criterion.id,
        text=criterion.text,
        kind=criterion.kind,
        evidence=evidence,
        needs=needed_evidence(criterion) if evidence is None else "",
    )


def needed_evidence(criterion: AcceptanceCriterion) -> str:
    """Return what would show a criterion, as a noun phrase."""
    match criterion.kind:
        case CriterionKind.COMMAND:
            return f"exit code 0 of `{' '.join(criterion.command)}`"
        case CriterionKind.TEST:
            return f"the test `{criterion.test}` to pass"
        case CriterionKind.FILE:
            assert criterion.file is not None, "a criterion of this kind names a file"
            text = criterion.file.contains
            held = f" that contains {text!r}" if text else ""
            return f"a file {criterion.file.path}{held}"
        case CriterionKind.AUDITOR:
            return "an auditor's verdict"
        case CriterionKind.PERSON:
            return "a person's word"
        case CriterionKind.ANY:
            return "a person's word, an auditor's verdict or a file"


def next_tasks(plan: Plan, progress: dict[str, TaskProgress]) -> tuple[Task, ...]:
    """Return the tasks that can start now, most urgent first."""
    states = {task.id: progress.get(task.id, NOT_STARTED).state for task in plan.tasks}
    finished = {TaskState.DONE, TaskState.SKIPPED}
    ready = [
        task
        for task in plan.tasks
        if states[task.id] is TaskState.PENDING
        and all(states[each] in finished for each in task.requires)
    ]
    return tuple(sorted(ready, key=lambda task: task.priority.rank))
