"""Handles truncated replies: the partial work is continued instead of discarded.

The text alone often does not show the truncation: a file that ends between two functions is valid.
The agent's stop reason shows it, and so does a missing end mark, which the prompt requests.
"""

from podium.dialogue.prompts.roles import END_SENTINEL
from podium.dialogue.replies.plan_replies import has_sentinel
from podium.model.agents import Outcome
from podium.model.runs import Attempt, GateResult, Problem
from podium.runs.context import RunContext
from podium.syntax import ProblemCode

REPLY_GATE = "reply"
PROMOTED_CODES = frozenset(
    (
        *(ProblemCode.STOPS_EARLY, ProblemCode.NO_FINAL_NEWLINE),
        *(ProblemCode.DEFINITION_LOST, ProblemCode.UNUSED_IMPORT),
    )
)
"""Doubts and notes that count as errors when the reply has no end mark."""


def was_truncated(attempt: Attempt) -> bool:
    """Return whether the reply of an attempt's latest call is truncated."""
    return bool(attempt.work) and attempt.work[-1].outcome is Outcome.TRUNCATED


def promoted_codes(attempt: Attempt) -> frozenset[ProblemCode]:
    """Return the codes that count as errors because the latest reply has no end mark."""
    reply = attempt.work[-1].text_tail if attempt.work else ""
    return (
        PROMOTED_CODES if reply.strip() and not has_sentinel(reply, END_SENTINEL) else frozenset()
    )


async def check_reply(context: RunContext, attempt: Attempt) -> GateResult:
    """Return a failed gate for a truncated reply that names where to continue in each file."""
    problems: list[Problem] = []
    for path in attempt.changed_files:
        text = await context.repository.file_at(attempt.commit, path)
        if text is not None:
            problems.append(await _continuation_point(context, attempt, path, text))
    agent = attempt.work[-1].agent
    return GateResult(
        gate=REPLY_GATE,
        passed=False,
        summary=f"the reply from {agent} was truncated; continue where it left off",
        problems=tuple(problems),
    )


async def _continuation_point(
    context: RunContext, attempt: Attempt, path: str, text: bytes
) -> Problem:
    """Return a problem that names the end of a file's last complete unit."""
    base = await context.repository.file_at(attempt.base_commit, path)
    report = await context.checker.check(path, text, base)
    last = text.rstrip().count(b"\n") + 1
    broken = min((each.start.line for each in report.errors), default=last + 1)
    symbols = await context.checker.definitions(path, text)
    whole = [each for each in symbols if each.end.line < broken]
    if not whole:
        return Problem(
            message="no unit in this file is complete; write the whole file", path=path, line=1
        )
    unit = max(whole, key=lambda each: each.end)
    message = (
        f"the last complete unit is `{unit.path}`, which ends at line {unit.end.line}; keep"
        " everything up to there, and continue with what the task still requires"
    )
    return Problem(message=message, path=path, line=unit.end.line)
