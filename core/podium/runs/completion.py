"""Records the start and the end of a task in a run: progress, session, evidence and findings."""

from collections.abc import Sequence
from datetime import datetime

from podium.entities.answers.confirmations import words_given
from podium.entities.sessions import trim_session
from podium.findings.tracking import Origin, close_findings, raise_findings
from podium.gates.criteria import shown_by_gate
from podium.gates.names import GATE_MARK, criterion_gate
from podium.model import layout
from podium.model.events import Actor, Event, EventKind
from podium.model.findings import Finding, Observation
from podium.model.ids import Kind, new_id
from podium.model.plans import Task
from podium.model.progress import (
    GATES,
    Evidence,
    TaskProgress,
    VerdictShown,
    merged,
    move,
)
from podium.model.runs import Attempt, CriterionVerdict, Run, TaskRun
from podium.model.sessions import Artifact, Message, Session
from podium.model.states import (
    SESSION_MACHINE,
    TASK_MACHINE,
    Phase,
    SessionState,
    TaskState,
)
from podium.store import Transaction

RUNNER = Actor(kind="runner", name="podium")


def begin_task(tx: Transaction, run: Run, task: Task, now: datetime) -> None:
    """Mark a task as running and create its session."""
    progress = _progress(tx, run, task)
    if progress.state is not TaskState.RUNNING:
        progress = _in_state(task, progress, TaskState.RUNNING)
    if progress.run_id != run.id:
        session = Session(
            id=new_id(Kind.SESSION),
            type="execution",
            title=task.title,
            plan_id=run.plan_id,
            task_id=task.id,
            tags=(run.id,),
            created_at=now,
        )
        tx.put(layout.session(session.id), session)
        tx.record(Event(kind=EventKind.SESSION_CREATED, subject=session.id, message=task.title))
        update = {"session_id": session.id, "run_id": run.id, "percent": 0}
        progress = progress.model_copy(update=update)
    tx.put(layout.progress(run.plan_id, task.id), progress)


def finish_task(tx: Transaction, run: Run, task: Task, record: TaskRun, now: datetime) -> None:
    """Record the result of an end phase: done with evidence, failed, blocked, or pending again."""
    progress = _progress(tx, run, task)
    match record.phase:
        case Phase.DONE:
            words = words_given(tx, run, task, record.attempt)
            progress = _done_with_evidence(run, task, progress, record, words, now)
            _update_session(tx, progress, record, SessionState.COMPLETED, now)
        case Phase.FAILED:
            progress = _in_state(task, progress, TaskState.FAILED, record.reason)
            _update_session(tx, progress, record, SessionState.FAILED, now)
        case Phase.BLOCKED:
            progress = _in_state(task, progress, TaskState.BLOCKED, record.reason)
            progress = progress.model_copy(update={"run_id": run.id})
        case Phase.CANCELLED if progress.state is TaskState.RUNNING:
            progress = move(task, progress, TaskState.PENDING, "the run was cancelled")
            _update_session(tx, progress, record, SessionState.SUSPENDED, now)
        case _:
            return
    tx.put(layout.progress(run.plan_id, task.id), progress)
    tx.record(task_changed(run.plan_id, task.id, progress))


def task_changed(plan_id: str, task_id: str, progress: TaskProgress) -> Event:
    """Return the event for a task that changed state."""
    return Event(
        kind=EventKind.TASK_CHANGED,
        subject=f"{plan_id}/{task_id}",
        message=f"{progress.state}" + (f": {progress.reason}" if progress.reason else ""),
        data={"state": progress.state},
    )


def evidence_of(run: Run, task: Task, attempt: Attempt, now: datetime) -> tuple[Evidence, ...]:
    """Return a passed attempt's evidence: what the gate of each criterion showed, and the audit.

    Passed gates prove no criterion; they are the evidence of a task without criteria.
    """
    by = RUNNER.model_copy(update={"name": run.id})
    passed = {gate.gate: gate for gate in attempt.gates if gate.passed}
    rows = _audit_evidence(task, attempt, by, now)
    for criterion in task.acceptance:
        gate = passed.get(criterion_gate(criterion.id))
        if gate is not None and (shown := shown_by_gate(criterion, gate)) is not None:
            rows.append(Evidence(criterion=criterion.id, shown=shown, by=by, at=now))
    if not task.acceptance:
        summary = "; ".join(f"{gate.gate}: {gate.summary}" for gate in passed.values())
        verdict = VerdictShown(auditor=GATES, passed=True, text=summary)
        rows.append(Evidence(criterion="*", shown=verdict, by=by, at=now))
    return tuple(rows)


def _audit_evidence(task: Task, attempt: Attempt, by: Actor, now: datetime) -> list[Evidence]:
    """Return the auditor's verdict on every criterion that it judged.

    Its verdict on the whole change is evidence only for a task without criteria.
    """
    audit = attempt.review
    if audit is None:
        return []
    whole = () if task.acceptance else (CriterionVerdict(id="*", passed=audit.passed),)
    return [
        Evidence(
            criterion=each.id,
            shown=VerdictShown(
                auditor=f"agent:{audit.auditor}",
                passed=each.passed,
                text=each.why or audit.summary,
            ),
            by=by,
            at=now,
        )
        for each in audit.criteria or whole
    ]


def raise_attempt_findings(
    tx: Transaction, run: Run, record: TaskRun, seen: Sequence[Observation]
) -> None:
    """Store the gate and review problems of an attempt as findings.

    When the task is done, findings that are no longer seen are closed as fixed, except those that
    a person added.
    """
    origin = Origin(run.plan_id, record.task_id, run.id, record.attempt.number)
    raise_findings(tx, seen, origin)
    if record.phase is Phase.DONE:
        task = run.plan_id, record.task_id
        close_findings(
            tx, seen, lambda each: (each.plan_id, each.task_id) == task and each.run_id != ""
        )


def close_gate_findings(tx: Transaction, run: Run, record: TaskRun) -> None:
    """Close the gate findings of an attempt that now passes."""
    task = run.plan_id, record.task_id
    close_findings(tx, (), lambda each: (each.plan_id, each.task_id) == task and _is_of_gate(each))


def _is_of_gate(finding: Finding) -> bool:
    return finding.run_id != "" and finding.said_by.startswith(GATE_MARK)


def _progress(tx: Transaction, run: Run, task: Task) -> TaskProgress:
    return tx.get(layout.progress(run.plan_id, task.id)) or TaskProgress()


def _in_state(
    task: Task, progress: TaskProgress, state: TaskState, reason: str = ""
) -> TaskProgress:
    """Return the progress in a new state, even if the state was edited by hand."""
    return move(task, _reopened(task, progress, state), state, reason)


def _reopened(task: Task, progress: TaskProgress, state: TaskState) -> TaskProgress:
    if TASK_MACHINE.allows(progress.state, state):
        return progress
    return move(task, progress, TaskState.PENDING)


def _done_with_evidence(
    run: Run,
    task: Task,
    progress: TaskProgress,
    record: TaskRun,
    words: Sequence[Evidence],
    now: datetime,
) -> TaskProgress:
    progress = _reopened(task, progress, TaskState.DONE)
    found = evidence_of(run, task, record.attempt, now)
    shown = progress.model_copy(
        update={
            "evidence": (*progress.evidence, *found, *words),
            "doubts": (*progress.doubts, *record.attempt.doubts),
            "commit": record.attempt.merged_commit,
        }
    )
    return merged(task, shown)


def _update_session(
    tx: Transaction, progress: TaskProgress, record: TaskRun, state: SessionState, now: datetime
) -> None:
    session = tx.get(layout.session(progress.session_id)) if progress.session_id else None
    if session is None or not SESSION_MACHINE.allows(session.state, state):
        return
    context = session.context
    messages = [
        Message(role="assistant", text=step.text_tail, at=now)
        for attempt in record.attempts
        for step in attempt.calls
        if step.text_tail
    ]
    artifacts = [
        Artifact(name=path, reference=path)
        for path in (record.attempt.changed_files if record.attempts else ())
    ]
    context = context.model_copy(
        update={
            "messages": (*context.messages, *messages),
            "artifacts": (*context.artifacts, *artifacts),
        }
    )
    ended = session.model_copy(update={"state": state, "context": context})
    tx.put(layout.session(session.id), trim_session(tx, ended))
