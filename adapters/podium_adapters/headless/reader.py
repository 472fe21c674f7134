"""What the client needs to know about one agent's command line and output."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from podium.model.agents import AgentRequest, Usage
from podium_adapters.acp.outcome import Facts, Verdict, judge_turn
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.transcript import Transcript
from podium_adapters.json_values import JsonObject


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

    def read(self, message: JsonObject) -> Sequence[JsonObject]:
        """Record a message, and return the answers."""
        ...

    def interrupt(self) -> JsonObject | None:
        """Return the message that ends the turn early, if there is one."""
        ...


@dataclass(frozen=True)
class TurnContext:
    """The parts of a turn that a reader uses.

    Args:
        profile: the agent's profile.
        request: the request.
        transcript: records the output.
    """

    profile: Profile
    request: AgentRequest
    transcript: Transcript

    @property
    def folder(self) -> Path:
        """Return the working folder."""
        return Path(self.request.folder)

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
