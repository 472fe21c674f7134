"""task.complete: mark a task as done if the gates pass and every criterion has evidence."""

from datetime import timedelta

import anyio.to_thread
from pydantic import Field

from podium.entities.tasks import find_task
from podium.errors import ConflictError, EvidenceMissing
from podium.gates.checkout import Checked, run_gates_on_checkout, save_checkout
from podium.gates.criteria import shown_by_gate
from podium.gates.names import criterion_gate
from podium.gates.pipeline import command_gates, feedback
from podium.model import layout
from podium.model.base import Frozen
from podium.model.doubts import Doubt
from podium.model.events import Event, EventKind
from podium.model.plans import Plan, Task
from podium.model.progress import (
    GATES,
    Evidence,
    FileShown,
    TaskProgress,
    VerdictShown,
    check_lease,
    missing_evidence,
    move,
)
from podium.model.runs import GateResult
from podium.model.states import SESSION_MACHINE, SessionState, TaskState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.plan.decisions import require_approved
from podium.operations.task.changes import others_files
from podium.operations.task.doubts import (
    confirmed_doubts,
    known_answers,
    unanswered,
)
from podium.operations.task.show import TaskView, task_view
from podium.projects.project_files import check_file_contains
from podium.projects.repositories import open_repository
from podium.projects.sandbox import project_sandbox
from podium.projects.trust import check_trusted
from podium.store import Transaction
from podium.views.steps import Step

LEASE_WHILE_CHECKING = timedelta(minutes=60)
"""Minimum lease while gates run, so that the claim does not expire in the meantime."""
_MAX_REASON = 1500


class FileEvidence(Frozen):
    """A project file whose content proves a criterion."""

    criterion: str = Field(default="", description="id of the criterion; by default all")
    file: str
    contains: str = Field(min_length=1)


class CompleteParams(Frozen):
    """Parameters of `task.complete`."""

    task: str = Field(description="id, unique prefix, or plan/task")
    evidence: tuple[FileEvidence, ...] = Field(
        default=(), description="files that prove criteria without a command"
    )
    confirm: dict[str, str] = Field(
        default_factory=dict,
        description="doubtful text that is intended: path:line=what replaces it",
    )
    note: str = Field(default="", description="notes for tasks that build on this one")
    lease: str = Field(default="", description="token of the claim, after a restart")
    ask_person: bool = Field(
        default=False, description="have the person confirm criteria without other evidence"
    )


def _consents(engine: Engine, params: CompleteParams) -> tuple[Step, ...]:
    """Return what to ask a person about criteria that nothing else shows."""
    if not (params.ask_person or engine.actor.kind == "person"):
        return ()
    asked = ("task.unchanged", "task.vouch")
    return tuple(Step(operation=each, params={"task": params.task}) for each in asked)


@operation("task.complete", Effect.LONG, consents=_consents)
async def complete(engine: Engine, params: CompleteParams) -> TaskView:
    """Complete a task that you claimed: runs the gates on its changes, then checks the evidence.

    Raises:
        EvidenceMissing: a gate fails or a criterion lacks evidence; the message says which and why.
        ConflictError: another agent holds the task, or it was not claimed.
        NotApproved: the current version of the plan is not approved.
        NotTrusted: the settings' commands must run but are not trusted.
        SandboxUnavailable: the settings require a sandbox, and none works.
        ValidationError: a file does not contain the given text.
    """
    plan, task = find_task(engine.store, params.task)
    require_approved(engine.store, plan)
    progress = _extend_lease(engine, plan, task, params.lease)
    checked = await _check(engine, plan, task, progress)
    if params.confirm and (doubts := _open_doubts(checked)):
        progress = _keep_answers(engine, plan, task, params, doubts)
        checked = await _check(engine, plan, task, progress)
    if checked.failed is not None:
        raise _refused(engine, plan, task, checked.failed)
    evidence = (*_from_gates(engine, task, checked), *_from_files(engine, task, params))
    rows = (*progress.evidence, *evidence)
    if missing := missing_evidence(task, rows):
        raise _missing_evidence(plan, task, missing)

    def finish_task(tx: Transaction) -> None:
        now = engine.clock.now()
        row = tx.get(layout.progress(plan.id, task.id)) or TaskProgress()
        check_lease(f"{plan.id}/{task.id}", row.lease, engine.actor, params.lease, now)
        answers = {each.doubt.key: each for gate in checked.results for each in gate.answers}
        row = row.model_copy(
            update={"evidence": (*row.evidence, *evidence), "doubts": tuple(answers.values())}
        )
        if params.note:
            row = row.model_copy(update={"note": params.note, "note_by": engine.actor})
        tx.put(layout.progress(plan.id, task.id), move(task, row, TaskState.DONE))
        _close_session(tx, row.session_id)
        _record(tx, plan, task, f"done, {len(evidence)} pieces of evidence", "done")

    engine.store.transact(finish_task)
    return task_view(engine, plan.id, task.id)


def _extend_lease(engine: Engine, plan: Plan, task: Task, token: str) -> TaskProgress:
    """Check that the caller holds the task, and extend the lease for the duration of the gates."""
    now = engine.clock.now()

    def hold_task(tx: Transaction) -> TaskProgress:
        row = tx.get(layout.progress(plan.id, task.id)) or TaskProgress()
        check_lease(f"{plan.id}/{task.id}", row.lease, engine.actor, token, now)
        if row.lease is None:
            raise ConflictError(
                f"Task {plan.id}/{task.id} was not claimed",
                why=f"it is {row.state}",
                hints=[f"podium claim {plan.id}"],
            )
        longer = max(row.lease.expires_at, now + LEASE_WHILE_CHECKING)
        row = row.model_copy(update={"lease": row.lease.model_copy(update={"expires_at": longer})})
        tx.put(layout.progress(plan.id, task.id), row)
        return row

    return engine.store.transact(hold_task)


async def _check(engine: Engine, plan: Plan, task: Task, progress: TaskProgress) -> Checked:
    lease = progress.lease
    assert lease is not None, "the task is leased"
    gates = command_gates(engine.config.config.gates)
    if gates:
        check_trusted(engine.root, engine.config.project)
    name = f"{lease.token}-{engine.clock.now():%H%M%S%f}"
    repository = await open_repository(engine.root)
    tip = await save_checkout(repository, plan.id, name, f"After {plan.id}/{task.id}")
    others = others_files(engine, plan, task)
    sandbox = await anyio.to_thread.run_sync(project_sandbox, engine.root, engine.config)
    return await run_gates_on_checkout(
        repository,
        engine.root,
        task,
        lease.checkpoint,
        tip,
        gates,
        others,
        sandbox,
        known_answers(progress),
    )


def _open_doubts(checked: Checked) -> tuple[Doubt, ...]:
    return checked.failed.doubts if checked.failed is not None else ()


def _keep_answers(
    engine: Engine, plan: Plan, task: Task, params: CompleteParams, doubts: tuple[Doubt, ...]
) -> TaskProgress:
    """Store the given answers, so that they need not be given again if another check fails."""
    now = engine.clock.now()
    given = confirmed_doubts(doubts, params.confirm, engine.actor, now)

    def keep(tx: Transaction) -> TaskProgress:
        row = tx.get(layout.progress(plan.id, task.id)) or TaskProgress()
        check_lease(f"{plan.id}/{task.id}", row.lease, engine.actor, params.lease, now)
        row = row.model_copy(update={"doubts": (*row.doubts, *given)})
        tx.put(layout.progress(plan.id, task.id), row)
        return row

    return engine.store.transact(keep)


def _from_gates(engine: Engine, task: Task, checked: Checked) -> tuple[Evidence, ...]:
    """Return what the gates of the criteria showed.

    Passed gates prove no criterion; they are the evidence of a task without criteria.
    """
    gates = {gate.gate: gate for gate in checked.results}
    now = engine.clock.now()
    rows: list[Evidence] = []
    for criterion in task.acceptance:
        gate = gates.get(criterion_gate(criterion.id))
        if gate is not None and (shown := shown_by_gate(criterion, gate)) is not None:
            rows.append(Evidence(criterion=criterion.id, shown=shown, by=engine.actor, at=now))
    if not task.acceptance and checked.changed_files:
        summaries = "; ".join(f"{gate.gate}: {gate.summary}" for gate in checked.results)
        verdict = VerdictShown(auditor=GATES, passed=True, text=summaries)
        rows.append(Evidence(criterion="*", shown=verdict, by=engine.actor, at=now))
    return tuple(rows)


def _from_files(engine: Engine, task: Task, params: CompleteParams) -> tuple[Evidence, ...]:
    known = {criterion.id for criterion in task.acceptance}
    rows: list[Evidence] = []
    for each in params.evidence:
        if each.criterion and each.criterion not in known:
            raise EvidenceMissing(
                f"Task {task.id} has no criterion {each.criterion!r}",
                why=f"its criteria are: {', '.join(sorted(known)) or 'none'}",
            )
        check_file_contains(engine.root, each.file, each.contains)
        shown = FileShown(path=each.file, contains=each.contains)
        name = each.criterion or "*"
        rows.append(Evidence(criterion=name, shown=shown, by=engine.actor, at=engine.clock.now()))
    return tuple(rows)


def _refused(engine: Engine, plan: Plan, task: Task, gate: GateResult) -> EvidenceMissing:
    asks = bool(gate.doubts) and not gate.problems
    problem = "doubts to answer" if asks else f"the {gate.gate} gate failed"
    message = f"completion refused: {problem}"
    engine.store.transact(lambda tx: _record(tx, plan, task, message, "running"))
    if asks:
        return unanswered(f"{plan.id}/{task.id}", gate.doubts)
    return EvidenceMissing(
        f"Task {plan.id}/{task.id} is not done: the {gate.gate} gate failed",
        why=feedback([gate]).removeprefix(f"The {gate.gate} gate failed: ")[:_MAX_REASON],
        hints=["fix the problem, then complete the task again"],
    )


def _missing_evidence(plan: Plan, task: Task, missing: tuple[str, ...]) -> EvidenceMissing:
    named = "; ".join(f"{c.id}: {c.text}" for c in task.acceptance if c.id in missing)
    return EvidenceMissing(
        f"Task {plan.id}/{task.id} is not done",
        why=f"no evidence for {named}",
        hints=[
            "pass a file that contains the evidence, and the id of the criterion",
            f'podium task {plan.id}/{task.id} --criterion {missing[0]} --word "…"',
        ],
        criteria=missing,
    )


def _close_session(tx: Transaction, session_id: str) -> None:
    session = tx.get(layout.session(session_id)) if session_id else None
    if session is not None and SESSION_MACHINE.allows(session.state, SessionState.COMPLETED):
        closed = session.model_copy(update={"state": SessionState.COMPLETED})
        tx.put(layout.session(session.id), closed)


def _record(tx: Transaction, plan: Plan, task: Task, message: str, state: str) -> None:
    tx.record(
        Event(
            kind=EventKind.TASK_CHANGED,
            subject=f"{plan.id}/{task.id}",
            message=message,
            data={"state": state},
        )
    )
