"""What a person is asked before an operation runs, as a value; must not know who draws it."""

from enum import StrEnum
from typing import Protocol

from pydantic import Field, SerializeAsAny

from podium.model.base import Frozen, content_hash
from podium.model.events import Actor
from podium.operations.effect import Effect
from podium.views.steps import Step


class Fact(Frozen):
    """One row of what a person should know before answering."""

    label: str
    values: tuple[str, ...]
    quoted: bool = False
    """Written by a model, an agent or a file, not by Podium: show it as data."""


class Preview(Frozen):
    """The result to show first, in the way the face shows that operation's results."""

    operation: str
    result: SerializeAsAny[Frozen]


class Asking(StrEnum):
    """When the question has to be put."""

    ALWAYS = "always"
    UNLESS_NAMED = "unless-named"
    """A person who typed the operation's own command has answered already."""
    IN_EDITOR = "in-editor"
    """The editor shows the change and asks before it applies it."""


class Confirmation(Frozen):
    """A question to a person, with everything needed to answer it."""

    operation: str
    effect: Effect
    subject: str
    """What it is about, for instance `plan p-7k3m9x`."""
    question: str
    """Can be understood alone."""
    brief: str
    """The question as it is put right below the preview."""
    yes: str
    """The verb of the answer, for a button."""
    deed: str
    """Completes "Only a person can …"."""
    facts: tuple[Fact, ...] = ()
    diff: str = ""
    """The change to a text; quoted, as a fact can be."""
    preview: Preview | None = None
    read_first: Step | None = None
    """Shows the subject in full."""
    state: str = ""
    """The subject's state when the question was made."""
    state_by: Actor | None = None
    """Who brought the subject into that state, where that is recorded."""
    asking: Asking = Asking.ALWAYS
    only_person: bool = True
    bound: SerializeAsAny[Frozen] = Field(repr=False)
    """The parameters to run with after a yes: they name exactly what was shown."""

    @property
    def fingerprint(self) -> str:
        """Return a hash of the question, for faces whose answers arrive in a later request."""
        shown = [self.operation, self.question, [each.model_dump() for each in self.facts]]
        bound = [repr(pair) for pair in sorted(self.bound.model_dump().items())]
        return content_hash([*shown, bound])[:16]

    def fact(self, label: str) -> tuple[str, ...]:
        """Return the values of one row; none when there is no such row."""
        return next((each.values for each in self.facts if each.label == label), ())


class Answer(StrEnum):
    """A person's answer."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"
    """There is nobody to ask."""


class Confirmer(Protocol):
    """Puts questions to the person behind a face."""

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Ask and return the answer; a closed dialog is a no."""
        ...


class Nobody:
    """The confirmer of a face that has no person to ask."""

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Return that nobody decided."""
        del confirmation
        return Answer.UNDECIDED
