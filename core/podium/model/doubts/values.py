"""Doubts, who answers them, and the answers, which are evidence."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from podium.model.base import Frozen, Tagged, content_hash
from podium.model.events import Actor

_KEY_LENGTH = 16
_LINE_NUMBER = re.compile(r"\b(lines?) \d+")


class Doubt(Frozen):
    """Something in a changed file that is probably a mistake, but may be intended."""

    code: str
    """The kind of problem, such as `stub`."""
    path: str
    line: int = Field(ge=1)
    message: str
    text: str = ""
    """The lines in question; empty if the doubt is about text that is not in the file any more."""
    nth: int = Field(default=1, ge=1)
    """The number of the doubt among equal ones in its file."""
    must_complete: bool = False
    """The agent that wrote the file cannot confirm it; it can only complete the file."""

    @property
    def key(self) -> str:
        """The identity of the doubt, which stays the same when its lines are moved."""
        about = _LINE_NUMBER.sub(r"\1", self.message)
        parts = [self.code, self.path, self.text, about, self.nth]
        return content_hash(parts)[:_KEY_LENGTH]

    @property
    def place(self) -> str:
        """The file and the line: how people and agents name the doubt in an answer."""
        return f"{self.path}:{self.line}"

    @property
    def sentence(self) -> str:
        """The place and the message in one line."""
        return f"{self.place}: {self.message}"


class DoubtJudge(StrEnum):
    """Who decides about the doubts that an agent leaves open in its files."""

    AGENT = "agent"
    """No one else: the attempt fails."""
    AUDITOR = "auditor"
    """The auditor."""
    PERSON = "person"
    """A person; the task waits for the answer."""


class WhoIsAsked(StrEnum):
    """Who is asked next about the open doubts of an attempt."""

    NO_ONE = ""
    WRITER = "writer"
    """The agent that wrote the files."""
    JUDGE = "judge"
    """The auditor or a person, as `run.doubts` says."""


class TaskAnswer(Tagged):
    """The task's own words say that the change is intended."""

    type: Literal["task"] = "task"
    sentence: str

    @property
    def confirms(self) -> bool:
        """Whether the text may land."""
        return True

    @property
    def words(self) -> str:
        """Who answered what, in one sentence."""
        return f"the task says: {self.sentence}"


class WriterAnswer(Tagged):
    """The agent that wrote the file confirms it, and says what replaces it."""

    type: Literal["writer"] = "writer"
    agent: str
    reason: str

    @property
    def confirms(self) -> bool:
        """Whether the text may land."""
        return True

    @property
    def words(self) -> str:
        """Who answered what, in one sentence."""
        return f"confirmed by {self.agent}, which wrote it: {self.reason}"


class LeftOpen(Tagged):
    """The agent that wrote the file was asked, but did not give an answer that counts."""

    type: Literal["open"] = "open"
    agent: str
    why: str = ""

    @property
    def confirms(self) -> bool:
        """Whether the text may land."""
        return False

    @property
    def words(self) -> str:
        """Who answered what, in one sentence."""
        return f"left open by {self.agent}" + (f": {self.why}" if self.why else "")


class AuditorAnswer(Tagged):
    """The auditor's decision."""

    type: Literal["auditor"] = "auditor"
    agent: str
    confirmed: bool
    reason: str = ""

    @property
    def confirms(self) -> bool:
        """Whether the text may land."""
        return self.confirmed

    @property
    def words(self) -> str:
        """Who answered what, in one sentence."""
        verb = "confirmed" if self.confirmed else "rejected"
        why = f": {self.reason}" if self.reason else ""
        return f"{verb} by the auditor {self.agent}{why}"


class PersonAnswer(Tagged):
    """A person's decision."""

    type: Literal["person"] = "person"
    by: Actor
    confirmed: bool
    reason: str = ""

    @property
    def confirms(self) -> bool:
        """Whether the text may land."""
        return self.confirmed

    @property
    def words(self) -> str:
        """Who answered what, in one sentence."""
        verb = "confirmed" if self.confirmed else "rejected"
        return f"{verb} by {self.by.origin}" + (f": {self.reason}" if self.reason else "")


DoubtAnswer = Annotated[
    TaskAnswer | WriterAnswer | LeftOpen | AuditorAnswer | PersonAnswer,
    Field(discriminator="type"),
]


class GivenAnswer(Frozen):
    """An answer, with its time."""

    answer: DoubtAnswer
    at: datetime

    @property
    def settles(self) -> bool:
        """Whether it ends the doubt."""
        return self.answer.confirms

    @property
    def rejects(self) -> bool:
        """Whether it decides that the text is a mistake."""
        return not self.settles and not isinstance(self.answer, LeftOpen)


class AnsweredDoubt(GivenAnswer):
    """A doubt with its answer: the evidence."""

    doubt: Doubt

    @property
    def sentence(self) -> str:
        """The doubt and its answer in one line."""
        return f"{self.doubt.sentence} ({self.answer.words})"
