"""The cost of calls whose agents report only tokens."""

import subprocess
import sys

import pytest

from podium.agents.call_costs import needs_price, priced
from podium.model.agents import Usage

TOKENS = Usage(input_tokens=1_000_000, output_tokens=100_000)


@pytest.mark.promise("G11.unpriced")
def test_tokens_of_a_known_model_are_priced() -> None:
    found = priced(TOKENS, "gpt-5")
    assert found.cost_usd is not None
    assert found.cost_usd > 0
    assert priced(TOKENS, "openai/gpt-5").cost_usd == found.cost_usd
    cached = priced(TOKENS.model_copy(update={"cached_tokens": 900_000}), "gpt-5").cost_usd
    assert cached is not None
    assert cached < found.cost_usd


@pytest.mark.promise("G11.unpriced")
def test_an_unknown_price_stays_unknown() -> None:
    assert priced(TOKENS, "no-such-model") == TOKENS
    assert priced(TOKENS, "") == TOKENS
    assert priced(Usage(), "gpt-5") == Usage()


def test_the_cost_that_an_agent_reports_is_kept() -> None:
    reported = TOKENS.model_copy(update={"cost_usd": 0.25})
    assert priced(reported, "gpt-5") == reported
    assert not needs_price(reported, "gpt-5")


def test_tokens_read_only_from_the_cache_are_priced() -> None:
    usage = Usage(input_tokens=10, cached_tokens=1_000_000, output_tokens=10)
    cost = priced(usage, "gpt-5").cost_usd
    assert cost is not None
    assert cost > 0


def test_prices_are_loaded_for_the_first_call_that_needs_them() -> None:
    code = (
        "import sys, podium.app.runner_process, podium.runs.runner, podium.operations.usage.show\n"
        "assert 'podium.agents.call_costs' in sys.modules\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('genai_prices', 'httpx2')]"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
