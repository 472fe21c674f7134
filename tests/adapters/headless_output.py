"""Reads lines as the headless ways of agents do."""

import json
from collections.abc import Mapping
from typing import Any

from podium.model.agents import ROLE_PERMISSIONS, AgentRequest, Role
from podium.ports.agent import PersonAsked
from podium_adapters.acp.outcome import Verdict
from podium_adapters.acp.transcript import Transcript
from podium_adapters.headless.agents import headless_profile
from podium_adapters.headless.aider import AiderReader
from podium_adapters.headless.claude import ClaudeReader
from podium_adapters.headless.codex import CodexReader
from podium_adapters.headless.pi import PiReader
from podium_adapters.headless.reader import MakeReader, Reader, TurnContext
from tests.adapters.harness import Call, request

Line = dict[str, Any]
READERS: dict[str, MakeReader] = {
    "claude": ClaudeReader,
    "codex": CodexReader,
    "pi": PiReader,
    "aider": AiderReader,
}


class Output:
    """Reads lines as one agent's.

    Args:
        name: the agent's.
        call: its folders.
        role: its role.
        asked: the request, if it is not the role's usual one.
        person: who is asked about single actions.
    """

    def __init__(
        self,
        name: str,
        call: Call,
        role: Role = Role.EXECUTOR,
        *,
        asked: AgentRequest | None = None,
        person: PersonAsked | None = None,
    ) -> None:
        profile = headless_profile(name)
        self.call = call
        self.transcript = Transcript(profile, call.sink, call.folder, str)
        asked = asked or request(call, role=role, permissions=ROLE_PERMISSIONS[role])
        context = TurnContext(profile, asked, self.transcript, person)
        self.reader: Reader = READERS[name](context)

    def read(self, *lines: Line) -> list[Mapping[str, object]]:
        # As the program prints them, with the keys in any order.
        answers = [answer for line in lines for answer in self.reader.read(_turned(line))]
        return [each for each in answers if not callable(each)]

    @property
    def verdict(self) -> Verdict:
        assert self.reader.verdict is not None, "the turn is not over"
        return self.reader.verdict


def _turned(line: Line) -> Line:
    turned: Line = json.loads(json.dumps(dict(reversed(line.items()))))
    return turned
