"""A call with an agent that does, on real pipes, what no good agent does."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.model.agents import AgentReply, AgentRequest
from podium_adapters.acp.agents import AcpAgent
from podium_adapters.acp.profile import Profile, load_profile
from tests.adapters.harness import new_call, request, run
from tests.support import fake_acp_agent

Act = dict[str, Any]
END: Act = {"answer": {"stopReason": "end_turn"}}
PROFILE = load_profile("acp").model_copy(
    update={"passed_variables": ("FAKE_API_KEY",), "credential_variables": ("FAKE_API_KEY",)}
)


def says(text: str, message_id: str | None = None) -> Act:
    content = {"type": "text", "text": text}
    update: Act = {"sessionUpdate": "agent_message_chunk", "content": content}
    return {"update": update | ({"messageId": message_id} if message_id else {})}


def tool(status: str, **fields: Any) -> Act:
    kind = "tool_call" if status == "pending" else "tool_call_update"
    return {"update": {"sessionUpdate": kind, "toolCallId": "t1", "status": status, **fields}}


def asks(kind: str, *paths: str, **fields: Any) -> Act:
    locations = [{"path": path} for path in paths]
    return {"ask": {"kind": kind, "title": f"{kind} it", "locations": locations, **fields}}


class Fake:
    """A call with a fake agent.

    Args:
        place: holds the call's folders, the fake's script and its log.
    """

    def __init__(self, place: Path) -> None:
        self.call = new_call(place)
        self._log = place / "log.jsonl"
        self._script = place / "fake.json"

    def asked(self, *acts: Act, script: Act | None = None, **more: Any) -> AgentRequest:
        self._script.write_text(json.dumps({"prompt": list(acts), **(script or {})}))
        program = [sys.executable, fake_acp_agent.__file__, str(self._script), str(self._log)]
        options = {"command": json.dumps(program), "home": "private"} | more.pop("options", {})
        return request(self.call, options=options, **more)

    def turn(self, *acts: Act, profile: Profile = PROFILE, **more: Any) -> AgentReply:
        return run(AcpAgent(profile), self.call, self.asked(*acts, **more))

    def received(self, method: str = "") -> list[Act]:
        messages = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [each for each in messages if each.get("method", "") == method]

    def answers(self) -> list[Any]:
        return [each.get("result", each.get("error")) for each in self.received()]

    @property
    def events(self) -> list[str]:
        return [event.type for event in self.call.sink.events]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("acp.conversation.CANCEL_SECONDS", "process.TERM_SECONDS"):
        monkeypatch.setattr(f"podium_adapters.{name}", 0.5)
    return Fake(tmp_path)
