"""The review phase: an auditor agent reviews a change that passed the gates.

The consultant repairs blocking findings, then the change is reviewed again. The attempt fails
when findings still block after the last round. Other findings stay open.
"""

from dataclasses import dataclass

from podium.agents.failures import describe_failure
from podium.dialogue.prompts.roles import auditor_prompt, auditor_repair_prompt
from podium.dialogue.replies.audit_replies import (
    AuditReply,
    PlacedAudit,
    parse_audit_reply,
    place_remarks,
)
from podium.errors import InvalidReply
from podium.gates.names import AUDIT_GATE
from podium.gates.pipeline import feedback
from podium.model.agents import ROLE_PERMISSIONS, AgentReply, AgentRequest, Outcome, Role
from podium.model.findings import Observation
from podium.model.plans import Task
from podium.model.runs import AuditVerdict, CriterionVerdict, GateResult, Problem, Run, TaskRun
from podium.model.states import Phase
from podium.runs.context import RunContext, call_key
from podium.runs.phases.execute import call_agent, step_of, work_of
from podium.runs.transitions import fail_attempt, to_phase, with_attempt, with_step
from podium.words import counted


@dataclass(frozen=True)
class _ParsedReview:
    """A parsed reply, and its problems."""

    reply: AuditReply
    placed: PlacedAudit
    problems: tuple[str, ...] = ()


async def review(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Have the auditor review the attempt; ask once more when its reply is unusable."""
    folder = context.worktree_folder(task.id, record.attempt)
    if not folder.is_dir():
        return fail_attempt(record, "the worktree no longer exists", "", context.clock.now())
    change = await context.repository.diff_text(record.attempt.base_commit, record.attempt.commit)
    prompt = auditor_prompt(work_of(context, task, record), change)
    record, reply = await _call_auditor(context, task, record, prompt)
    if reply.outcome is not Outcome.COMPLETED:
        return _fail_unreviewed(context, record, reply)
    parsed = await _parse_review(context, record, reply.text)
    if parsed.problems:
        again = auditor_repair_prompt(
            work_of(context, task, record), reply=reply.text, problems=parsed.problems
        )
        record, reply = await _call_auditor(context, task, record, again)
        if reply.outcome is not Outcome.COMPLETED:
            return _fail_unreviewed(context, record, reply)
        parsed = await _parse_review(context, record, reply.text)
        if parsed.reply is _EMPTY_REPLY:
            problem = f"the auditor's review is unusable: {'; '.join(parsed.problems)}"
            return fail_attempt(record, problem, "", context.clock.now())
    return judge_review(context, task, record, parsed.reply, parsed.placed)


def judge_review(
    context: RunContext, task: Task, record: TaskRun, reply: AuditReply, placed: PlacedAudit
) -> TaskRun:
    """Return the record in the next phase, depending on the verdict."""
    run = context.run
    verdict = verdict_of(run, task, reply, placed)
    record = with_attempt(record, audit=verdict, audits=record.attempt.audits + 1)
    result = _gate(run, verdict)
    others = tuple(each for each in record.attempt.gates if each.gate != AUDIT_GATE)
    record = with_attempt(record, gates=(*others, result))
    if verdict.passed:
        return to_phase(record, Phase.MERGING, verdict.summary)
    if record.attempt.audits < run.settings.max_audit_rounds and Role.CONSULTANT in run.agents:
        return to_phase(record, Phase.REPAIRING, verdict.summary)
    problem = f"the review found blocking problems: {verdict.summary}"
    return fail_attempt(record, problem, feedback([result]), context.clock.now())


def verdict_of(run: Run, task: Task, reply: AuditReply, placed: PlacedAudit) -> AuditVerdict:
    """Return the verdict: passed when no finding blocks and every criterion is met.

    The auditor's opinion on a criterion with a command is ignored: the command decides.
    """
    judged = {each.id for each in task.acceptance if not each.command}
    criteria = tuple(each for each in reply.criteria if each.id in judged)
    missed = [each for each in criteria if not each.passed]
    blocking = [each for each in placed.observations if each.severity in run.settings.audit_blocks]
    found = counted(len(placed.observations), "finding")
    parts = [f"{found}, {len(blocking)} of them blocking"]
    parts += [f"criterion {each.id} is not met" for each in missed]
    if placed.refused:
        parts.append(
            f"{len(placed.refused)} rejected because they refer to places that do not exist"
        )
    return AuditVerdict(
        auditor=run.agents[Role.AUDITOR].agent,
        passed=not blocking and not missed,
        summary=", ".join(parts) if placed.observations or missed or placed.refused else "clean",
        criteria=criteria,
        observations=placed.observations,
    )


_EMPTY_REPLY = AuditReply(())


async def _parse_review(context: RunContext, record: TaskRun, text: str) -> _ParsedReview:
    try:
        reply = parse_audit_reply(text)
    except InvalidReply as error:
        return _ParsedReview(_EMPTY_REPLY, PlacedAudit(()), (str(error),))
    texts = await _texts(context, record.attempt.commit, reply.paths)
    said_by = f"agent:{context.run.agents[Role.AUDITOR].agent}"
    placed = place_remarks(reply, texts, said_by)
    return _ParsedReview(reply, placed, placed.refused)


async def _texts(context: RunContext, commit: str, paths: tuple[str, ...]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in paths:
        content = await context.repository.file_at(commit, path)
        if content is not None:
            texts[path] = content.decode("utf-8-sig", "replace")
    return texts


async def _call_auditor(
    context: RunContext, task: Task, record: TaskRun, prompt: str
) -> tuple[TaskRun, AgentReply]:
    """Call the auditor and undo any changes it made; its role is read-only."""
    attempt = record.attempt
    choice = context.run.agents[Role.AUDITOR]
    number = next_review(record)
    folder = context.worktree_folder(task.id, attempt)
    request = AgentRequest(
        key=call_key(context.run, task.id, attempt, f"audit-{number}"),
        agent=choice.agent,
        role=Role.AUDITOR,
        prompt=prompt,
        folder=str(folder),
        task_id=task.id,
        attempt=number,
        files=attempt.changed_files,
        permissions=ROLE_PERMISSIONS[Role.AUDITOR],
        limits=context.run.settings.limits,
        options=choice.options,
    )
    outcome = await call_agent(context, folder, request, attempt.commit)
    worktree = context.repository.open_worktree(folder)
    await context.repository.restore(worktree, attempt.commit)
    return with_step(record, step_of(request, outcome)), outcome.reply


def next_review(record: TaskRun) -> int:
    """Return the number of the auditor's next call in the latest attempt, starting at 1."""
    return 1 + sum(step.role is Role.AUDITOR for step in record.attempt.steps)


def _fail_unreviewed(context: RunContext, record: TaskRun, reply: AgentReply) -> TaskRun:
    failure = describe_failure(context.run.agents[Role.AUDITOR].agent, reply)
    problem = f"the attempt was not reviewed: {failure}"
    return fail_attempt(record, problem, "", context.clock.now(), reply.outcome)


def _gate(run: Run, verdict: AuditVerdict) -> GateResult:
    blocking = [each for each in verdict.observations if each.severity in run.settings.audit_blocks]
    missed = [each for each in verdict.criteria if not each.passed]
    return GateResult(
        gate=AUDIT_GATE,
        passed=verdict.passed,
        summary=verdict.summary,
        problems=(
            *(_problem(each) for each in blocking),
            *(_missed(each) for each in missed),
        ),
    )


def _problem(seen: Observation) -> Problem:
    return Problem(message=seen.message, path=seen.path, line=seen.range.start.line)


def _missed(criterion: CriterionVerdict) -> Problem:
    why = f": {criterion.why}" if criterion.why else ""
    return Problem(message=f"criterion {criterion.id} is not met{why}")
