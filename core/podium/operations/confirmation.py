"""The question to a person before an operation runs."""

from enum import StrEnum
from typing import Protocol

from pydantic import Field, SerializeAsAny

from podium.model.base import Frozen, content_hash
from podium.model.events import Actor
from podium.operations.effect import Effect
from podium.views.steps import Step


class Fact(Frozen):
    """A fact that the person should know before answering."""

    label: str
    values: tuple[str, ...]
    quoted: bool = False
    """Whether the text is from a model, an agent or a file, and so must be shown as data."""
    is_approved: bool = False
    """Whether a person has approved the quoted text, so that a short dialog may contain it."""
    in_preview: bool = True
    """Whether a preview of the result contains it, so that it need not be shown again."""


class Preview(Frozen):
    """A result to show before the question, rendered like any other result of the operation."""

    operation: str
    result: SerializeAsAny[Frozen]


class Asking(StrEnum):
    """When to ask the question."""

    ALWAYS = "always"
    UNLESS_NAMED = "unless-named"
    """A person who typed the operation's own command has already consented."""
    IN_EDITOR = "in-editor"
    """The editor shows the change and asks before applying it."""


class Confirmation(Frozen):
    """A question to a person, with everything needed to answer it."""

    operation: str
    effect: Effect
    subject: str
    """The subject, such as `plan p-7k3m9x`."""
    question: str
    """The question, understandable without context."""
    brief: str
    """The question as shown below the preview."""
    yes: str
    """The verb of the affirmative answer, for a button."""
    deed: str
    """Completes the sentence "Only a person can …"."""
    facts: tuple[Fact, ...] = ()
    diff: str = ""
    """A diff of the change; to be shown as data, like a quoted fact."""
    preview: Preview | None = None
    read_first: Step | None = None
    """The step that shows the whole subject."""
    state: str = ""
    """The subject's state when the question was created."""
    state_by: Actor | None = None
    """The actor who set that state, if recorded."""
    asking: Asking = Asking.ALWAYS
    only_person: bool = True
    bound: SerializeAsAny[Frozen] = Field(repr=False)
    """The parameters to run with after consent; they identify exactly the shown state."""

    @property
    def fingerprint(self) -> str:
        """A hash of the question, for faces that receive answers in a later request."""
        shown = [self.operation, self.question, [each.model_dump() for each in self.facts]]
        bound = [repr(pair) for pair in sorted(self.bound.model_dump().items())]
        return content_hash([*shown, bound])[:16]

    def fact(self, label: str) -> tuple[str, ...]:
        """Return the values of a fact; empty if there is no such fact."""
        return next((each.values for each in self.facts if each.label == label), ())


class Answer(StrEnum):
    """A person's answer."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"
    """No person can be asked."""


class Confirmer(Protocol):
    """Asks the person who uses a face."""

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Ask, and return the answer; closing the dialog means no."""
        ...


class Nobody:
    """The confirmer of a face without a person to ask."""

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Answer that no person can be asked."""
        del confirmation
        return Answer.UNDECIDED
