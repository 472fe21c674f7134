"""How calls are paid for, as far as the login of an agent shows it."""

from pathlib import Path

import pytest

from podium.agents.registry import load_agent
from podium.agents.shim import with_billing
from podium.model.agents import AgentReply, AgentRequest, Billing, Outcome, Role
from podium.ports.agent import ShowsLogin


def billing(name: str, *, options: dict[str, str] | None = None, **environment: str) -> Billing:
    agent = load_agent(name)
    assert isinstance(agent, ShowsLogin)
    return agent.login(options or {}, environment).billing


@pytest.mark.promise("G11.subscription")
def test_a_key_is_metered_and_the_login_of_a_plan_is_a_subscription(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert billing("claude", ANTHROPIC_API_KEY="k") is Billing.METERED
    assert billing("claude", CLAUDE_CODE_OAUTH_TOKEN="t") is Billing.SUBSCRIPTION
    assert billing("claude") is Billing.UNKNOWN
    for name in (".claude/.credentials.json", ".codex/auth.json", ".qwen/oauth_creds.json"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text("{}")
    assert billing("claude") is Billing.SUBSCRIPTION
    assert billing("qwen") is Billing.SUBSCRIPTION
    assert billing("codex") is Billing.UNKNOWN, "the file may contain a key or a login"
    assert billing("codex", OPENAI_API_KEY="k") is Billing.METERED
    deepseek = {"provider": "deepseek", "model": "deepseek-chat"}
    assert billing("api", options=deepseek, DEEPSEEK_API_KEY="k") is Billing.METERED


def test_the_reply_of_a_call_names_its_model_and_billing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    request = AgentRequest(
        key="r/t/1/execute",
        agent="claude",
        role=Role.EXECUTOR,
        prompt="x",
        options={"model": "claude-sonnet-4-5"},
    )
    reply = with_billing(AgentReply(outcome=Outcome.COMPLETED), load_agent("claude"), request)
    assert (reply.model, reply.billing) == ("claude-sonnet-4-5", Billing.METERED)
    own = AgentReply(outcome=Outcome.COMPLETED, model="other", billing=Billing.SUBSCRIPTION)
    assert with_billing(own, load_agent("claude"), request) == own
