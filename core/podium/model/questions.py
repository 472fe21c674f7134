"""Questions that hold a task or a run until they are answered; independent of who asks them.

A question ends when a person answers it in any face or when its deadline passes. It is stored as a
document, so it survives the death of any process.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from podium.model.base import Frozen
from podium.model.events import Actor


class QuestionKind(StrEnum):
    """The kinds of questions that Podium asks; stored questions may have other kinds."""

    MACHINE = "machine"
    """The machine is out of a resource, or the disk is full or read-only."""
    LIMIT = "limit"
    """An agent reached a rate limit or quota of its provider."""
    BUDGET = "budget"
    PERMISSION = "permission"
    DOUBT = "doubt"
    """Whether doubtful text in a changed file is intended."""
    CRITERION = "criterion"
    """Whether a criterion is met that only a person can confirm."""
    APPROVAL = "approval"
    BRANCH = "branch"
    """A Podium branch is missing commits that the store has recorded."""


ALLOW_ONCE, ALLOW_TASK, DENY = "allow", "allow-for-task", "deny"
"""The answers to a question of the kind `permission`."""


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
    """A member of `QuestionKind`, or a kind known only to a newer program."""
    about: str
    """What the question holds: a run (`r-…`) or a task of a run (`r-…/t1`)."""
    key: str = ""
    """Identifies the asker, such as the path of a step; an asker has at most one open question."""
    text: str
    facts: tuple[Fact, ...] = ()
    choices: tuple[Choice, ...] = ()
    asked_at: datetime
    until: datetime | None = None
    """When the question times out; None to wait for a person."""
    answer: str = ""
    """The id of the choice; empty while the question is open or if it timed out."""
    ended_at: datetime | None = None
    ended_by: Actor | None = None
    """The person who answered, with the face; None if it timed out."""
    action: str = ""
    """The kind of action that an agent may not take without this permission, an `AskKind`."""
    revoked_at: datetime | None = None
    """When a person revoked a permission that was given for a whole task."""
    revoked_by: Actor | None = None
    seal: str = ""
    """Signature proving that the answer was given on this machine."""

    @property
    def is_open(self) -> bool:
        """Whether the question is still open."""
        return self.ended_at is None

    @property
    def is_permission(self) -> bool:
        """Whether an agent asks for it in the middle of a call, which goes on meanwhile."""
        return self.kind == QuestionKind.PERMISSION

    @property
    def quoted(self) -> str:
        """What an agent wants to do, did or wrote: untrusted text; empty for other questions."""
        match self.kind:
            case QuestionKind.CRITERION:
                return "\n".join(f"{each.name}: {each.text}" for each in self.facts)
            case QuestionKind.PERMISSION | QuestionKind.DOUBT:
                return "\n".join(each.text for each in self.facts)
            case _:
                return ""

    @property
    def is_remembered(self) -> bool:
        """Whether the answer also permits later actions of its kind in the same task."""
        return self.is_permission and self.answer == ALLOW_TASK and self.revoked_at is None

    @property
    def run_id(self) -> str:
        """The run that the question is about."""
        return self.about.partition("/")[0]

    @property
    def task_id(self) -> str:
        """The task that the question is about, or an empty string if it holds the whole run."""
        return self.about.partition("/")[2]

    def seconds_left(self, now: datetime) -> float:
        """Return how long it remains open without an answer; infinite if it has no deadline.

        Never longer than its original time limit, even if the clock has been set back since.
        """
        if self.until is None:
            return float("inf")
        longest = self.until - self.asked_at
        return max(0.0, min(self.until - now, longest).total_seconds())


@dataclass(frozen=True)
class Held:
    """The parts of a run that open questions hold.

    Args:
        tasks: the tasks that may not continue.
        run: whether the whole run may not continue.
        until: when the first question times out, or None.
    """

    tasks: frozenset[str] = frozenset()
    run: bool = False
    until: datetime | None = None

    def holds(self, task_id: str) -> bool:
        """Return whether a task must wait."""
        return self.run or task_id in self.tasks


def stopped_by(questions: Iterable[Question]) -> Held:
    """Return what the runner may not continue.

    A task whose agent waits for a permission is continued, because its call has to be watched.
    """
    return held_by(each for each in questions if not each.is_permission)


def held_by(questions: Iterable[Question]) -> Held:
    """Return what these questions hold."""
    still_open = [each for each in questions if each.is_open]
    return Held(
        tasks=frozenset(each.task_id for each in still_open if each.task_id),
        run=any(not each.task_id for each in still_open),
        until=min((each.until for each in still_open if each.until), default=None),
    )
