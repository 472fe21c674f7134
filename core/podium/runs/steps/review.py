"""The auditor's step: an agent reviews a change that passed the gates.

The consultant repairs blocking findings, then the change is reviewed again. The attempt fails if
any blocking findings remain after the last round. Other findings stay open.
"""

from dataclasses import dataclass

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
from podium.model.agents import AgentReply, Outcome, Role
from podium.model.findings import Observation
from podium.model.plans import CriterionKind, Task
from podium.model.runs import (
    AgentCall,
    AgentResult,
    AuditVerdict,
    CriterionVerdict,
    GateResult,
    Problem,
    Run,
    TaskRun,
)
from podium.runs.context import RunContext
from podium.runs.steps.agent_calls import Prompt, chain_of, failed_result, work_of
from podium.runs.steps.chain import Asked, ChainStep
from podium.runs.transitions import with_result
from podium.words import counted


@dataclass(frozen=True)
class _ParsedReview:
    """A parsed reply, and its problems."""

    reply: AuditReply
    placed: PlacedAudit
    problems: tuple[str, ...] = ()


async def review(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Have the auditor review the attempt; ask again once if its reply is unusable."""
    change = await context.repository.diff_text(record.attempt.base_commit, record.attempt.commit)
    prompt = _prompt(context, record, auditor_prompt(work_of(context, task, record), change))
    asked = await _call_auditor(context, task, record, prompt)
    if isinstance(asked, TaskRun):
        return asked
    calls, reply = asked.calls, asked.reply
    if reply.outcome is not Outcome.COMPLETED:
        return _fail_unreviewed(record, calls, reply)
    parsed = await _parse_review(context, record, calls[-1].agent, reply.text)
    if parsed.problems:
        text = auditor_repair_prompt(
            work_of(context, task, record), reply=reply.text, problems=parsed.problems
        )
        prompt = _prompt(context, record, text, again=True)
        asked = await _call_auditor(context, task, record, prompt)
        if isinstance(asked, TaskRun):
            return asked
        calls, reply = (*calls, asked.calls[-1]), asked.reply
        if reply.outcome is not Outcome.COMPLETED:
            return _fail_unreviewed(record, calls, reply)
        parsed = await _parse_review(context, record, calls[-1].agent, reply.text)
    step = ChainStep(context, task, record, chain_of(context.run, Role.AUDITOR), prompt)
    if parsed.reply is _EMPTY_REPLY:
        failed = await step.try_another(calls)
        if failed is not None:
            return failed
    elif not parsed.problems:
        await step.keep(calls, reply)
    return with_result(record, _result(context.run, task, record.attempt.at, calls, parsed))


def _result(
    run: Run, task: Task, path: str, calls: tuple[AgentCall, ...], parsed: _ParsedReview
) -> AgentResult:
    """Return the result: the verdict, or why the auditor's last reply is unusable."""
    if parsed.reply is _EMPTY_REPLY:
        problem = f"the auditor's review is unusable: {'; '.join(parsed.problems)}"
        return AgentResult(path=path, passed=False, problem=problem, calls=calls)
    verdict = verdict_of(run, task, calls[-1].agent, parsed.reply, parsed.placed)
    gate = _gate(run, verdict)
    return AgentResult(
        path=path,
        passed=verdict.passed,
        summary=verdict.summary,
        problem="" if verdict.passed else f"the review found blocking problems: {verdict.summary}",
        feedback=feedback([gate]),
        repairable=True,
        gates=(gate,),
        calls=calls,
        outcome=calls[-1].outcome,
        verdict=verdict,
    )


def verdict_of(
    run: Run, task: Task, auditor: str, reply: AuditReply, placed: PlacedAudit
) -> AuditVerdict:
    """Return the verdict: passed when no finding blocks and every criterion is met.

    The auditor's opinion counts only for a criterion that neither a gate nor a person decides.
    """
    judged = {each.id for each in task.acceptance if each.kind in _JUDGED}
    criteria = tuple(each for each in reply.criteria if each.id in judged)
    missed = [each for each in criteria if not each.passed]
    blocking = [each for each in placed.observations if each.severity in run.settings.audit_blocks]
    found = counted(len(placed.observations), "finding")
    parts = [f"{found}, {len(blocking)} of them blocking"]
    parts += [f"criterion {each.id} is not met" for each in missed]
    if placed.refused:
        parts.append(
            f"{len(placed.refused)} rejected because they refer to locations that do not exist"
        )
    return AuditVerdict(
        auditor=auditor,
        passed=not blocking and not missed,
        summary=", ".join(parts) if placed.observations or missed or placed.refused else "clean",
        criteria=criteria,
        observations=placed.observations,
    )


_EMPTY_REPLY = AuditReply(())
_JUDGED = frozenset({CriterionKind.AUDITOR, CriterionKind.ANY})


async def _parse_review(
    context: RunContext, record: TaskRun, auditor: str, text: str
) -> _ParsedReview:
    try:
        reply = parse_audit_reply(text)
    except InvalidReply as error:
        return _ParsedReview(_EMPTY_REPLY, PlacedAudit(()), (str(error),))
    texts = await _texts(context, record.attempt.commit, reply.paths)
    placed = place_remarks(reply, texts, f"agent:{auditor}")
    return _ParsedReview(reply, placed, placed.refused)


async def _texts(context: RunContext, commit: str, paths: tuple[str, ...]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in paths:
        content = await context.repository.file_at(commit, path)
        if content is not None:
            texts[path] = content.decode("utf-8-sig", "replace")
    return texts


def _prompt(context: RunContext, record: TaskRun, text: str, *, again: bool = False) -> Prompt:
    attempt = record.attempt
    done = sum(call.role is Role.AUDITOR for call in attempt.work) - len(attempt.tries)
    return Prompt(
        role=Role.AUDITOR,
        number=done + (2 if again else 1),
        text=text,
        restore_to=attempt.commit,
        files=attempt.changed_files,
        again=again,
    )


async def _call_auditor(
    context: RunContext, task: Task, record: TaskRun, prompt: Prompt
) -> Asked | TaskRun:
    """Call the auditor and undo any changes it made; its role is read-only."""
    chain = chain_of(context.run, Role.AUDITOR)
    asked = await ChainStep(context, task, record, chain, prompt).ask()
    if asked is not record:
        folder = context.worktree_folder(task.id, record.attempt)
        worktree = context.repository.open_worktree(folder)
        clean = await context.state_at(record.attempt, record.attempt.commit)
        await context.repository.restore(worktree, clean)
    return asked


def _fail_unreviewed(record: TaskRun, calls: tuple[AgentCall, ...], reply: AgentReply) -> TaskRun:
    prefix = "the attempt was not reviewed: "
    return with_result(record, failed_result(record.attempt.at, calls, reply, prefix))


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
