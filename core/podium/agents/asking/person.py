"""Asks a person about single actions of an agent, in the shim of its call."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import anyio

from podium.agents.asking.files import AskFiles
from podium.model.agents import NO_ANSWER, ActionAnswer, ActionQuestion, AskKind
from podium.platform.clock import LimitClock, elapsed_seconds

GRACE_SECONDS = 15.0
"""How much longer than the question's time the shim waits, because normally the runner ends it."""
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.25


class AskPerson:
    """Asks through the directory of the call; its limits are suspended while a question is open.

    Args:
        files: the questions of the call.
        limits: the clock of the call's limits.
        seconds: how long a person has to answer.
        elapsed: returns seconds that also continue while the machine sleeps.
    """

    def __init__(
        self,
        files: AskFiles,
        limits: LimitClock,
        seconds: float,
        elapsed: Callable[[], float] = elapsed_seconds,
    ) -> None:
        self._files = files
        self._limits = limits
        self._seconds = seconds
        self._elapsed = elapsed
        self._open = 0

    def forget_earlier(self) -> None:
        """Withdraw what a shim that died asked, and let the limits count again."""
        if self._files.folder.exists():
            self._limits.resume()
            self._files.clear()

    async def ask(self, kind: AskKind, content: str) -> ActionAnswer:
        """Ask, and wait for the answer; no answer in time means no.

        The question is withdrawn when the waiting is cancelled, because the agent has ended.
        """
        now = datetime.now(UTC)
        question = ActionQuestion(
            id=uuid.uuid4().hex,
            kind=kind,
            content=content,
            asked_at=now,
            until=now + timedelta(seconds=self._seconds),
        )
        # The file comes first: `forget_earlier` resumes the limits only if there is one.
        self._files.put(question)
        try:
            self._count(1)
            return await self._answer(question.id)
        finally:
            self._count(-1)
            self._files.withdraw(question.id)

    async def _answer(self, question_id: str) -> ActionAnswer:
        end = self._elapsed() + self._seconds + GRACE_SECONDS
        pause = _FIRST_PAUSE_SECONDS
        while (answer := self._files.answer_to(question_id)) is None:
            if self._elapsed() >= end:
                return NO_ANSWER
            await anyio.sleep(pause)
            pause = min(pause * 1.2, _LONGEST_PAUSE_SECONDS)
        return answer

    def _count(self, change: int) -> None:
        self._open += change
        if self._open == 0:
            self._limits.resume()
        elif change > 0 and self._open == 1:
            self._limits.suspend()
