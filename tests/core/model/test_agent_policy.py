"""What follows the failure of an agent, as pure functions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.model.agents import AgentHealth, AgentPolicy, OnLimit, Outcome
from podium.model.plans import AgentChoice
from podium.model.rules.agents.agent_policy import (
    MOST_CALLS,
    REACTIONS,
    Call,
    GiveUp,
    Next,
    Reaction,
    Try,
    WaitUntil,
    after_call,
    before_call,
    choose,
    login_of,
    pause_seconds,
    tokens,
)

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
CLAUDE, CODEX = AgentChoice(agent="claude"), AgentChoice(agent="codex")
CHAIN = (CLAUDE, CODEX)
STEADY = AgentPolicy(jitter=0)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def failed(*outcomes: Outcome, wait: float | None = None) -> AgentHealth:
    """Return the health of claude after these calls, all of which ended now."""
    health = AgentHealth(login="claude")
    for number, outcome in enumerate(outcomes):
        health = after_call(
            health, STEADY, f"k{number}", outcome, now=NOW, detail="why", retry_after=wait, chance=0
        )
    return health


def next_of(
    health: AgentHealth | None = None,
    tries: Sequence[Try] = (),
    policy: AgentPolicy = STEADY,
    chain: Sequence[AgentChoice] = CHAIN,
    now: datetime = NOW,
) -> Next:
    known = {health.login: health} if health else {}
    return choose(chain, tries, known, policy, role="executor", key="k", now=now)


def test_every_failure_has_a_reaction() -> None:
    assert set(Outcome) - set(REACTIONS) == {Outcome.COMPLETED, Outcome.TRUNCATED}


@pytest.mark.promise("G3.rate-limit", "G3.reason", "G4.fall-back")
def test_the_next_agent_steps_in_for_a_far_limit() -> None:
    limited = failed(Outcome.RATE_LIMITED, wait=3600)
    after = next_of(limited, [Try(0, Outcome.RATE_LIMITED)])
    assert isinstance(after, Call)
    assert after.index == 1
    assert after.reason.endswith(": why, codex steps in")


@pytest.mark.promise("G4.retry-after", "G4.resume")
def test_a_near_limit_is_waited_out() -> None:
    limited = failed(Outcome.RATE_LIMITED, wait=60)
    after = next_of(limited, [Try(0, Outcome.RATE_LIMITED)])
    assert isinstance(after, WaitUntil)
    assert (after.until, after.instead) == (later(60), 1)
    assert next_of(limited, [Try(0, Outcome.RATE_LIMITED)], now=later(60)) == Call(0)


@pytest.mark.parametrize(
    ("on_limit", "expected"),
    [
        (OnLimit.WAIT, later(3600)),
        (OnLimit.HOLD, None),
    ],
)
@pytest.mark.promise("G4.resume")
def test_the_setting_decides_who_ends_a_far_limit(
    on_limit: OnLimit, expected: datetime | None
) -> None:
    policy = STEADY.model_copy(update={"on_limit": on_limit})
    for outcome in (Outcome.RATE_LIMITED, Outcome.QUOTA_EXHAUSTED):
        after = next_of(failed(outcome, wait=3600), [Try(0, outcome)], policy)
        assert isinstance(after, WaitUntil)
        assert (after.until, after.instead) == (expected, 1)


def test_a_role_has_its_own_setting() -> None:
    policy = STEADY.model_copy(update={"on_limit_by_role": {"executor": OnLimit.HOLD}})
    after = next_of(failed(Outcome.QUOTA_EXHAUSTED), (), policy)
    assert isinstance(after, WaitUntil)
    assert after.until is None


def test_when_all_agents_rest_the_first_reset_is_waited_for() -> None:
    known = {
        "claude": failed(Outcome.QUOTA_EXHAUSTED, wait=7200),
        "codex": failed(Outcome.QUOTA_EXHAUSTED, wait=1800).model_copy(update={"login": "codex"}),
    }
    after = choose(CHAIN, (), known, STEADY, role="executor", key="k", now=NOW)
    assert isinstance(after, WaitUntil)
    assert (after.until, after.instead) == (later(1800), None)


@pytest.mark.promise("G3.connection", "G5.backoff", "G5.settings")
def test_a_call_is_repeated_when_the_service_cannot_be_reached() -> None:
    tries: list[Try] = []
    untils: list[datetime | None] = []
    health = AgentHealth(login="claude")
    for number in range(3):
        tries.append(Try(0, Outcome.UNAVAILABLE))
        health = after_call(
            health, STEADY, f"k{number}", Outcome.UNAVAILABLE, now=NOW, detail="", chance=0
        )
        untils.append(health.resting_until)
    assert untils == [later(5), later(10), later(20)]
    paused = next_of(health, tries[:2])
    assert isinstance(paused, WaitUntil)
    assert (paused.until, paused.instead) == (later(20), 1)
    assert next_of(health, tries[:2], now=later(20)) == Call(0)
    after = next_of(health, tries, now=later(20))
    assert after == Call(1, "claude: unavailable, codex steps in")
    assert next_of(health, tries, chain=(CLAUDE,), now=later(20)) == GiveUp()


@pytest.mark.promise("G3.start", "G3.reply")
@pytest.mark.parametrize(
    ("outcome", "calls"),
    [
        (Outcome.START_FAILED, 2),
        (Outcome.TIMED_OUT, 2),
        (Outcome.REFUSED, 1),
        (Outcome.UNAUTHENTICATED, 1),
        (Outcome.INVALID_REPLY, 1),
    ],
)
def test_other_failures_are_handed_to_the_next_agent(outcome: Outcome, calls: int) -> None:
    tries = [Try(0, outcome)] * calls
    assert next_of(None, tries[:-1]) == Call(0)
    assert next_of(None, tries) == Call(1, f"claude: {outcome}, codex steps in")
    assert next_of(None, [*tries, *[Try(1, outcome)] * calls]) == GiveUp()


@pytest.mark.promise("G5.transient")
@pytest.mark.parametrize(
    "outcome",
    [each for each, reaction in REACTIONS.items() if reaction is Reaction.FAIL],
)
def test_no_other_agent_gets_a_request_that_all_would_reject(outcome: Outcome) -> None:
    assert next_of(None, [Try(0, outcome)]) == GiveUp()


@pytest.mark.promise("G3.breaker")
def test_an_agent_that_keeps_failing_rests_until_one_trial_succeeds() -> None:
    broken = failed(*[Outcome.UNAVAILABLE] * STEADY.breaker_failures)
    assert broken.resting_until == later(STEADY.breaker_rest_seconds)
    rested = later(STEADY.breaker_rest_seconds)
    trial = before_call(broken, STEADY, "trial", rested)
    assert isinstance(next_of(trial, now=rested, chain=(CLAUDE,)), WaitUntil)
    own = choose((CLAUDE,), (), {"claude": trial}, STEADY, role="x", key="trial", now=rested)
    assert own == Call(0)
    well = after_call(trial, STEADY, "trial", Outcome.COMPLETED, now=rested)
    assert well == AgentHealth(login="claude", last_call="trial")
    again = after_call(trial, STEADY, "trial", Outcome.UNAVAILABLE, now=rested)
    assert again.resting_until == rested + timedelta(seconds=STEADY.breaker_rest_seconds)


def test_a_call_is_counted_once() -> None:
    once = failed(Outcome.UNAVAILABLE)
    assert after_call(once, STEADY, "k0", Outcome.UNAVAILABLE, now=later(9)) == once


@pytest.mark.promise("G5.jitter")
@given(st.floats(0, 1), st.integers(1, 30))
def test_pauses_have_jitter_and_a_ceiling(chance: float, number: int) -> None:
    policy = AgentPolicy()
    full = min(5 * 2.0 ** (number - 1), policy.longest_pause_seconds)
    assert 0.8 * full <= pause_seconds(policy, number, chance) <= full


@pytest.mark.promise("G4.bucket", "G4.overall")
@pytest.mark.parametrize("login", ["claude", "all"])
def test_calls_begin_at_the_configured_rate(login: str) -> None:
    policy = STEADY.model_copy(update={"calls_per_minute": {login: 2}})
    health = AgentHealth(login=login)
    for _ in range(2):
        assert isinstance(next_of(health, policy=policy), Call)
        health = before_call(health, policy, "k", NOW)
    after = next_of(health, policy=policy, chain=(CLAUDE,))
    assert isinstance(after, WaitUntil)
    assert after.until == later(30)
    assert isinstance(next_of(health, policy=policy, now=later(30)), Call)
    assert tokens(health, 2, later(-3600)) == 0


OUTCOMES = st.sampled_from(sorted(REACTIONS))


@given(
    st.lists(
        st.tuples(OUTCOMES, st.none() | st.floats(0, 10_000), st.floats(0, 5_000)), max_size=60
    ),
    st.sampled_from(OnLimit),
    st.integers(1, 3),
)
def test_a_chain_calls_no_resting_agent_and_ends_or_waits_for_a_stated_reason(
    script: list[tuple[Outcome, float | None, float]], on_limit: OnLimit, length: int
) -> None:
    policy = AgentPolicy(on_limit=on_limit)
    chain = tuple(AgentChoice(agent=f"a{index}") for index in range(length))
    health = {login_of(each): AgentHealth(login=login_of(each)) for each in chain}
    tries: list[Try] = []
    now = NOW
    for number, (outcome, wait, passed) in enumerate(script):
        after = choose(chain, tries, health, policy, role="executor", key=f"k{number}", now=now)
        match after:
            case GiveUp():
                assert tries
                return
            case WaitUntil(until, reason):
                assert reason
                assert until is None or until > now
                now = max(until or now, now) if until else later(100_000)
                continue
            case Call(index):
                login = login_of(chain[index])
                assert not health[login].is_resting(now)
                health[login] = before_call(health[login], policy, f"k{number}", now)
                now += timedelta(seconds=passed)
                health[login] = after_call(
                    health[login], policy, f"k{number}", outcome, now=now, retry_after=wait
                )
                tries.append(Try(index, outcome))
    assert len(tries) <= MOST_CALLS
