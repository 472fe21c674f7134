"""Values as people write them in settings and plans, and what is refused."""

from datetime import timedelta
from typing import Any

import pydantic
import pytest

from podium.errors import ConflictError
from podium.model.agents import AgentHealth, AgentPolicy, OnLimit, Outcome
from podium.model.events import Actor
from podium.model.plans import AgentChoice
from podium.model.progress import Lease, check_lease
from podium.model.rules.agents.agent_policy import WaitUntil, choose
from podium.model.runs import WorktreeSettings
from tests.core.model.builders import AGENT, NOON, PERSON

CLAUDE, CODEX = AgentChoice(agent="claude"), AgentChoice(agent="codex")


@pytest.mark.parametrize(
    ("written", "chain"),
    [
        ("claude", (CLAUDE,)),
        ({"agent": "claude"}, (CLAUDE,)),
        (["claude"], (CLAUDE,)),
        (["claude", "codex"], (CLAUDE, CODEX)),
        ([{"agent": "claude"}, "codex"], (CLAUDE, CODEX)),
        ({"agent": "claude", "fallback": ["codex"]}, (CLAUDE, CODEX)),
    ],
)
def test_an_agent_is_written_as_a_name_or_with_those_to_fall_back_to(
    written: Any, chain: tuple[AgentChoice, ...]
) -> None:
    assert AgentChoice.model_validate(written).chain == chain


@pytest.mark.parametrize("written", [[], 7, None, {}])
def test_what_names_no_agent_is_refused(written: Any) -> None:
    with pytest.raises(pydantic.ValidationError):
        AgentChoice.model_validate(written)


@pytest.mark.parametrize(
    ("written", "path"), [("build", "build"), ("build/", "build"), ("./a//b", "a/b")]
)
def test_a_path_in_the_settings_is_within_the_project(written: str, path: str) -> None:
    assert WorktreeSettings.model_validate({"keep": [written]}).keep == (path,)


@pytest.mark.parametrize("written", ["/etc", "../a", "a/../../b", ""])
def test_a_path_that_leaves_the_project_is_refused(written: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        WorktreeSettings.model_validate({"keep": [written]})


OTHER = Actor(kind="agent", name="other", face="mcp")


@pytest.mark.parametrize(
    ("actor", "token", "minutes", "is_refused"),
    [
        (AGENT, "", 5, False),
        (OTHER, "secret", 5, False),
        (PERSON, "", 5, False),
        (OTHER, "", -5, False),
        (OTHER, "", 5, True),
        (OTHER, "wrong", 5, True),
        (AGENT, "wrong", 5, True),
    ],
)
def test_only_the_holder_of_a_lease_or_a_person_changes_a_task(
    actor: Actor, token: str, minutes: int, is_refused: bool
) -> None:
    lease = Lease(token="secret", holder=AGENT, expires_at=NOON + timedelta(minutes=minutes))
    if not is_refused:
        check_lease("t1", lease, actor, token, NOON)
        return
    with pytest.raises(ConflictError, match="t1 is claimed by another agent"):
        check_lease("t1", lease, actor, token, NOON)


def test_an_agent_that_a_person_set_aside_is_not_waited_for_as_for_a_pause() -> None:
    resting = AgentHealth(
        login="claude",
        by_hand=True,
        outcome=Outcome.RATE_LIMITED,
        resting_until=NOON + timedelta(seconds=5),
    )
    policy = AgentPolicy(jitter=0, on_limit=OnLimit.HOLD)
    known = {"claude": resting}
    chosen = choose((CLAUDE, CODEX), (), known, policy, role="executor", key="k", now=NOON)
    assert not isinstance(chosen, WaitUntil)
