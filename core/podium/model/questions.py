"""Questions that hold a task or a run until they are answered; must not know who asks them.

A question ends when a person answers it in any face or when its time is up.
It is a document, so it outlives every process.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from podium.model.base import Frozen
from podium.model.events import Actor


class QuestionKind(StrEnum):
    """The kinds of questions that Podium asks; the stored kind is an open string."""

    MACHINE = "machine"
    """The machine refuses: the disk is full or read-only, or a resource is exhausted."""
    LIMIT = "limit"
    """An agent reached a limit of its provider."""
    BUDGET = "budget"
    PERMISSION = "permission"
    DOUBT = "doubt"
    CRITERION = "criterion"
    APPROVAL = "approval"
    BRANCH = "branch"
    """A Podium branch lacks commits that the store has recorded."""


class Fact(Frozen):
    """A fact that a person needs for the answer."""

    name: str
    text: str


class Choice(Frozen):
    """A possible answer."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    label: str


class Question(Frozen):
    """A question: the document `questions/<id>.json`."""

    id: str
    kind: str
    """A member of `QuestionKind`, or a kind known to a newer program."""
    about: str
    """What it holds: a run (`r-…`) or a task of a run (`r-…/t1`)."""
    key: str = ""
    """Identifies the asker, such as the path of a step; an asker has at most one open question."""
    text: str
    facts: tuple[Fact, ...] = ()
    choices: tuple[Choice, ...] = ()
    asked_at: datetime
    until: datetime | None = None
    """When it ends without an answer; None to wait for a person."""
    answer: str = ""
    """The id of the choice; empty while the question is open or if it timed out."""
    ended_at: datetime | None = None
    ended_by: Actor | None = None
    """Who answered, and in which face; None if it timed out."""
    seal: str = ""
    """Signature proving that the answer was given on this machine."""

    @property
    def is_open(self) -> bool:
        """Whether the question is still open."""
        return self.ended_at is None

    @property
    def run_id(self) -> str:
        """The run that the question is about."""
        return self.about.partition("/")[0]

    @property
    def task_id(self) -> str:
        """The task that the question is about, or an empty string if it holds the whole run."""
        return self.about.partition("/")[2]

    def seconds_left(self, now: datetime) -> float:
        """Return how long it remains open without an answer; infinite if it has no time limit.

        Never longer than it was asked for, also if the clock was set back since.
        """
        if self.until is None:
            return float("inf")
        longest = self.until - self.asked_at
        return max(0.0, min(self.until - now, longest).total_seconds())
