"""The page about agents says what the policy does."""

import re
from pathlib import Path

import pytest

from podium.model.rules.agents.agent_policy import REACTIONS

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"


@pytest.mark.promise("G3.rate-limit")
def test_the_table_of_failures_is_that_of_the_policy() -> None:
    section = PAGE.read_text("utf-8").partition("## When an agent fails")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", section, re.MULTILINE)
    assert rows == [(str(outcome), str(reaction)) for outcome, reaction in REACTIONS.items()]
