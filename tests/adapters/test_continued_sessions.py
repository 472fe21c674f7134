"""A call continues the agent's earlier session, if the agent can."""

from pathlib import Path

import pytest

from podium.model.agents import Outcome
from tests.adapters.fake import END, Act, Fake, fake, says
from tests.adapters.harness import new_call, request
from tests.adapters.headless_output import Output

__all__ = ["fake"]

EARLIER = "session-0"
RESUMES: Act = {
    "protocolVersion": 1,
    "agentCapabilities": {"sessionCapabilities": {"resume": {}}},
}
GONE: Act = {"error": {"code": -32002, "message": "no such session"}}


@pytest.mark.promise("V6.confirmed")
@pytest.mark.parametrize(
    ("script", "session", "counts"),
    [
        ({"initialize": RESUMES}, EARLIER, (1, 0)),
        ({"initialize": RESUMES, "resume": GONE}, "session-1", (1, 1)),
        ({}, "session-1", (0, 1)),
    ],
    ids=["resumed", "gone", "cannot"],
)
def test_an_acp_agent_continues_its_session(
    fake: Fake, script: Act, session: str, counts: tuple[int, int]
) -> None:
    reply = fake.turn(says("done"), END, script=script, session=EARLIER)
    assert reply.outcome is Outcome.COMPLETED
    assert (len(fake.received("session/resume")), len(fake.received("session/new"))) == counts
    (prompt,) = fake.received("session/prompt")
    assert prompt["params"]["sessionId"] == session


@pytest.mark.promise("V6.confirmed")
@pytest.mark.parametrize(
    ("name", "words"), [("claude", ["--resume", EARLIER]), ("codex", ["resume", EARLIER, "-"])]
)
def test_a_headless_agent_continues_its_session(
    tmp_path: Path, name: str, words: list[str]
) -> None:
    call = new_call(tmp_path)
    asked = request(call, session=EARLIER)
    assert [*Output(name, call, asked=asked).reader.arguments()] == words
    assert EARLIER not in Output(name, call).reader.arguments()
