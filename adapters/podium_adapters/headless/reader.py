"""What the client needs to know about one agent's command line and output."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from podium.model.agents import AgentRequest, Outcome, Usage
from podium.ports.agent import PersonAsked
from podium_adapters.acp.outcome import Facts, Verdict, judge_turn
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.rights import Rights
from podium_adapters.acp.transcript import Transcript
from podium_adapters.json_values import JsonObject

FINAL_OUTCOMES = frozenset(
    {
        Outcome.RATE_LIMITED,
        Outcome.QUOTA_EXHAUSTED,
        Outcome.UNAUTHENTICATED,
        Outcome.INVALID_REQUEST,
        Outcome.CONTEXT_TOO_LONG,
        Outcome.REFUSED,
    }
)
"""Outcomes that a retry would not change."""


Later = Callable[[], Awaitable[JsonObject]]
"""Returns an answer for which a person has to be asked."""


class Reader(Protocol):
    """Reads the output of one agent in one turn, and answers the agent's requests."""

    session_id: str
    usage: Usage
    verdict: Verdict | None
    """Set when the turn has ended."""

    def arguments(self) -> Sequence[str]:
        """Return the arguments for this turn, in addition to the profile's."""
        ...

    def opening(self) -> bytes:
        """Return the bytes to write to the agent's input at the start."""
        ...

    @property
    def keeps_input_open(self) -> bool:
        """Return whether the agent's input stays open for answers."""
        ...

    def read(self, message: JsonObject) -> Sequence[JsonObject | Later]:
        """Record a message, and return the answers."""
        ...

    def read_text(self, line: str) -> None:
        """Record a line that is not a JSON object, with its line break."""
        ...

    def end(self) -> None:
        """Set the verdict, if the end of the output is the end of the turn."""
        ...

    def interrupt(self) -> JsonObject | None:
        """Return the message that ends the turn early, if there is one."""
        ...


class LineReader:
    """What most readers have in common: they only read, and a message ends the turn."""

    @property
    def keeps_input_open(self) -> bool:
        """Return False: the agent waits for the end of its input."""
        return False

    def read_text(self, line: str) -> None:
        """Ignore a line that is meant for people."""

    def end(self) -> None:
        """Do nothing: the turn did not end with the output."""

    def interrupt(self) -> JsonObject | None:
        """Return None: the agent reads nothing during the turn."""


@dataclass(frozen=True)
class TurnContext:
    """The parts of a turn that a reader uses.

    Args:
        profile: the agent's profile.
        request: the request.
        transcript: records the output.
        person: asks a person about single actions; None if no person can be asked.
    """

    profile: Profile
    request: AgentRequest
    transcript: Transcript
    person: PersonAsked | None = None

    @property
    def folder(self) -> Path:
        """Return the working folder."""
        return Path(self.request.folder)

    @property
    def rights(self) -> Rights:
        """Return what the agent may do."""
        return Rights(self.request, self.person, self.transcript.redact)

    def judge_end(self) -> Verdict:
        """Return the verdict on a turn that the agent reported as complete."""
        transcript = self.transcript
        facts = Facts(
            stop_reason="end_turn",
            gave_up=transcript.gave_up,
            did_nothing=transcript.did_nothing,
            denied=transcript.denied,
        )
        return judge_turn(facts, self.profile)


MakeReader = Callable[[TurnContext], Reader]
