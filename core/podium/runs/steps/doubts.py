"""Asks about the doubts of a check: the agent that wrote the files, then the auditor or a person.

Each of them is asked once about each doubt. The next check of the attempt sees the answers, and
which places were completed.
"""

from collections.abc import Sequence
from dataclasses import replace

import anyio.to_thread

from podium.dialogue.prompts.roles import doubts_audit_prompt, doubts_prompt
from podium.dialogue.replies.doubt_replies import DoubtReply, parse_doubt_reply
from podium.entities.answers.doubts import doubt_question, doubt_questions, people_by_key
from podium.entities.questions import ask
from podium.errors import AgentUnavailable, InvalidReply
from podium.model.agents import AgentReply, CallPurpose, Outcome, Role
from podium.model.doubts import (
    AnsweredDoubt,
    AuditorAnswer,
    Doubt,
    DoubtAnswer,
    DoubtJudge,
    LeftOpen,
    WriterAnswer,
)
from podium.model.plans import AgentChoice, Task
from podium.model.rules.doubts import writer_of
from podium.model.runs import AgentCall, AgentResult, Attempt, Run, TaskRun, WaitResult
from podium.runs.context import RunContext
from podium.runs.steps.agent_calls import Prompt, chain_of, failed_result, work_of
from podium.runs.steps.chain import Asked, ChainStep
from podium.runs.steps.known_answers import about, known_answers
from podium.runs.transitions import with_result
from podium.store import Transaction
from podium.words import counted

_NO_ANSWERS = DoubtReply({}, {})


async def ask_about_doubts(
    context: RunContext, task: Task, record: TaskRun, judge: DoubtJudge | None
) -> TaskRun:
    """Ask about the open doubts of the latest check.

    Args:
        context: the context of the run.
        task: the task.
        record: its record.
        judge: who is asked; None for the agent that wrote the files.
    """
    match judge:
        case DoubtJudge.PERSON:
            return await _ask_person(context, record)
        case DoubtJudge.AUDITOR:
            return await _ask_auditor(context, task, record)
        case _:
            return await _ask_writer(context, task, record)


def open_doubts(attempt: Attempt) -> tuple[Doubt, ...]:
    """Return the doubts for which the attempt's latest check failed."""
    return tuple(doubt for gate in attempt.gates for doubt in gate.doubts)


async def _ask_writer(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Ask an agent about the doubts in its files, in its own session if that can be continued."""
    attempt, known = record.attempt, known_answers(context, record)
    unasked = [each for each in open_doubts(attempt) if each.key not in known]
    writer = writer_of(attempt, unasked[0])
    assert writer is not None, "an agent made the change"
    doubts = [each for each in unasked if writer_of(attempt, each) == writer]
    choice = _choice_of(context.run, task, writer)
    prompt = _prompt(record, writer.role, doubts_prompt(work_of(context, task, record), doubts))
    prompt = _of_files(prompt, doubts, "" if attempt.tries else writer.session_id)
    # If its session cannot be continued, the same agent is asked in a new one.
    chain = (choice, choice) if writer.session_id else (choice,)
    asked = await ChainStep(context, task, record, chain, prompt).ask()
    if isinstance(asked, TaskRun):
        return asked
    if asked.reply.outcome is Outcome.CANCELLED:
        return with_result(record, failed_result(attempt.at, asked.calls, asked.reply))
    if asked.reply.outcome is not Outcome.COMPLETED:
        await _undo(context, task, record)
    answers = _writer_answers(doubts, writer.agent, asked.reply)
    return _answered(context, record, asked, doubts, answers)


def _writer_answers(doubts: Sequence[Doubt], agent: str, reply: AgentReply) -> list[DoubtAnswer]:
    given, problem = _parse(reply, doubts)
    return [_writer_answer(each, agent, given, problem) for each in doubts]


def _writer_answer(doubt: Doubt, agent: str, given: DoubtReply, problem: str) -> DoubtAnswer:
    reason = given.confirmed.get(doubt.key)
    if reason is None:
        return LeftOpen(agent=agent, why=problem)
    if doubt.must_complete:
        why = "it confirmed text that its author can only complete"
        return LeftOpen(agent=agent, why=f"{why}: {reason}" if reason else why)
    if not reason:
        return LeftOpen(agent=agent, why="it confirmed the text without a reason")
    return WriterAnswer(agent=agent, reason=reason)


async def _ask_auditor(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    attempt, doubts = record.attempt, open_doubts(record.attempt)
    try:
        chain = chain_of(context.run, Role.AUDITOR)
    except AgentUnavailable as error:
        failed = AgentResult(
            path=attempt.at,
            passed=False,
            problem=str(error),
            outcome=Outcome.START_FAILED,
        )
        return with_result(record, failed)
    change = await context.repository.diff_text(attempt.base_commit, attempt.commit)
    text = doubts_audit_prompt(work_of(context, task, record), doubts, change)
    prompt = _of_files(_prompt(record, Role.AUDITOR, text), doubts)
    asked = await ChainStep(context, task, record, chain, prompt).ask()
    if isinstance(asked, TaskRun):
        return asked
    await _undo(context, task, record)
    if asked.reply.outcome is not Outcome.COMPLETED:
        prefix = f"{doubts[0].sentence}; the auditor did not decide about it: "
        return with_result(record, failed_result(attempt.at, asked.calls, asked.reply, prefix))
    given, problem = _parse(asked.reply, doubts)
    agent = asked.calls[-1].agent
    answers = [_auditor_answer(each, agent, given, problem) for each in doubts]
    return _answered(context, record, asked, doubts, answers)


def _auditor_answer(doubt: Doubt, agent: str, given: DoubtReply, problem: str) -> DoubtAnswer:
    reason = given.confirmed.get(doubt.key, "")
    if reason and doubt.key not in given.rejected:
        return AuditorAnswer(agent=agent, confirmed=True, reason=reason)
    why = given.rejected.get(doubt.key, "") or problem or "it gave no reason to confirm the text"
    return AuditorAnswer(agent=agent, confirmed=False, reason=why)


async def _ask_person(context: RunContext, record: TaskRun) -> TaskRun:
    """Ask a person about each doubt; return the record unchanged while a question is open."""
    attempt, doubts = record.attempt, open_doubts(record.attempt)
    asked = await anyio.to_thread.run_sync(ask_person, context, record, doubts)
    if not asked:
        return record
    people = people_by_key(doubt_questions(context.store, about(context, record)))
    answers = tuple(
        AnsweredDoubt(doubt=each, answer=known.answer, at=known.at)
        for each in doubts
        if (known := people.get(each.key)) is not None
    )
    settled = {each.doubt.key for each in answers if each.settles}
    refused = [each for each in doubts if each.key not in settled]
    problem = f"a doubt was not confirmed: {refused[0].sentence}" if refused else ""
    result = WaitResult(path=attempt.at, passed=not refused, problem=problem, answers=answers)
    return with_result(record, result)


def ask_person(context: RunContext, record: TaskRun, doubts: Sequence[Doubt]) -> bool:
    """Ask a person about each of these doubts, once in a run; return whether all have ended."""
    subject = about(context, record)
    asked = {each.key: each for each in doubt_questions(context.store, subject)}
    new = [each for each in doubts if each.key not in asked]
    if new:
        said, now = known_answers(context, record), context.clock.now()

        def ask_all(tx: Transaction) -> None:
            for each in new:
                why = known.answer.words if (known := said.get(each.key)) else ""
                ask(tx, doubt_question(each, subject, why, now))

        context.store.transact(ask_all)
    return not new and not any(asked[each.key].is_open for each in doubts)


def _parse(reply: AgentReply, doubts: Sequence[Doubt]) -> tuple[DoubtReply, str]:
    """Return the answers in a reply, and why there are none."""
    if reply.outcome is not Outcome.COMPLETED:
        return _NO_ANSWERS, f"it could not be asked: {reply.detail or reply.outcome}"
    try:
        return parse_doubt_reply(reply.text, doubts), ""
    except InvalidReply as error:
        return _NO_ANSWERS, f"its reply has no usable answers: {error}"


def _answered(
    context: RunContext,
    record: TaskRun,
    asked: Asked,
    doubts: Sequence[Doubt],
    answers: Sequence[DoubtAnswer],
) -> TaskRun:
    now = context.clock.now()
    given = tuple(
        AnsweredDoubt(doubt=doubt, answer=answer, at=now)
        for doubt, answer in zip(doubts, answers, strict=True)
    )
    confirmed = sum(each.settles for each in given)
    result = AgentResult(
        path=record.attempt.at,
        passed=True,
        summary=f"{confirmed} of {counted(len(given), 'doubt')} confirmed",
        answers=given,
        calls=asked.calls,
        outcome=asked.reply.outcome,
    )
    return with_result(record, result)


def _choice_of(run: Run, task: Task, writer: AgentCall) -> AgentChoice:
    """Return the agent of an earlier call, with its options."""
    is_repair = writer.role is Role.CONSULTANT
    chain = chain_of(run, *((Role.CONSULTANT,) if is_repair else (task.role, Role.EXECUTOR)))
    at = min(writer.choice, len(chain) - 1)
    by_name = next((each for each in chain if each.agent == writer.agent), chain[0])
    return chain[at] if chain[at].agent == writer.agent else by_name


def _prompt(record: TaskRun, role: Role, text: str) -> Prompt:
    attempts = record.attempts
    done = sum(
        call.purpose is CallPurpose.DOUBTS and (call.role is Role.AUDITOR) is (role is Role.AUDITOR)
        for attempt in attempts
        for call in attempt.calls
    )
    return Prompt(
        role=role,
        number=done - len(record.attempt.tries) + 1,
        text=text,
        restore_to=record.attempt.commit,
        files=(),
        purpose=CallPurpose.DOUBTS,
    )


def _of_files(prompt: Prompt, doubts: Sequence[Doubt], session: str = "") -> Prompt:
    files = tuple(dict.fromkeys(each.path for each in doubts))
    return replace(prompt, files=files, session=session)


async def _undo(context: RunContext, task: Task, record: TaskRun) -> None:
    """Discard what a call changed that must not change anything, or that failed."""
    folder = context.worktree_folder(task.id, record.attempt)
    worktree = context.repository.open_worktree(folder)
    clean = await context.state_at(record.attempt, record.attempt.commit)
    await context.repository.restore(worktree, clean)
