"""Pure rules about the doubts of an attempt: known answers, and who wrote the text in question."""

from podium.model.agents import CallPurpose, Role
from podium.model.doubts import AnsweredDoubt, Doubt
from podium.model.doubts.settling import answers_by_key
from podium.model.runs import AgentCall, AgentResult, Attempt, TaskRun, given_answers

_WRITERS = frozenset({Role.EXECUTOR, Role.CONSULTANT})


def answers_in(record: TaskRun) -> dict[str, AnsweredDoubt]:
    """Return the answers that count for a task's latest attempt, by the key of the doubt.

    Those of earlier attempts count if they decided something. An agent is asked again about what it
    left open there, because it wrote the text again.
    """
    earlier = [
        answer
        for attempt in record.attempts[:-1]
        for result in attempt.results
        for answer in given_answers(result)
        if answer.settles or answer.rejects
    ]
    own = [each for result in record.attempt.results for each in given_answers(result)]
    return answers_by_key((*earlier, *own))


def writer_of(attempt: Attempt, doubt: Doubt) -> AgentCall | None:
    """Return the call that wrote doubtful text: the last one before the doubt first appeared.

    None if no agent was called.
    """
    writer: AgentCall | None = None
    for result in attempt.results:
        if isinstance(result, AgentResult):
            wrote = [call for call in result.calls if _writes(call)]
            writer = wrote[-1] if wrote else writer
        elif any(each.key == doubt.key for gate in result.gates for each in gate.doubts):
            break
    return writer


def _writes(call: AgentCall) -> bool:
    return call.role in _WRITERS and call.purpose is CallPurpose.WORK
