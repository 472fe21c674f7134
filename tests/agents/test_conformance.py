"""Every agent that Podium knows, as its own program, in every case; its model is on loopback.

`python -m tests.support.agents` installs the agents; without them these tests are skipped.
`make test` runs a few cases, `make agents` all of them. The table of the results is in the docs.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.agents.registry import load_agent
from podium.model.agents import Outcome
from tests.adapters.harness import new_call, processes_in, request, run
from tests.agents.cases import CASES
from tests.agents.stage import LIMITS, PROMPT, QUICK_WAYS, WAYS, Stage
from tests.agents.table import LEAST_RUN, PAGE, page, pairs
from tests.support.agents import agent_command, agents_folder
from tests.support.goldens import ROOT, Goldens

WITH_A_LOGIN = ("qoder", "cline", "auggie")
"""Agents whose sessions need an account, so that no other case can be run with them."""


def _params() -> Iterator[object]:
    for way, name in pairs():
        marks = [pytest.mark.agents]
        is_quick = CASES[name].in_every_test_run and way in QUICK_WAYS
        marks += [] if is_quick else [pytest.mark.every_agent]
        yield pytest.param(way, name, id=f"{way}-{name}", marks=marks)


@pytest.mark.promise(
    "G1",
    "G2.claude",
    "G2.codex",
    "G2.gemini",
    "G2.copilot",
    "G2.opencode",
    "G2.openai",
    "G2.anthropic",
    "G2.gemini-api",
    "G2.qwen",
    "G4.recognised",
    "G6",
    "G9.redacted",
    "X1.links",
    "X2.auditors",
    "X2.least",
    "X5",
    "Y2.versions",
)
@pytest.mark.parametrize(("way", "name"), list(_params()))
def test_case(way: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not WAYS[way].is_installed:
        pytest.skip(f"{way} is not installed: python -m tests.support.agents")
    case = CASES[name]
    stage = Stage(WAYS[way], tmp_path, monkeypatch)
    case.play(stage, case.expected(way))


@pytest.mark.agents
@pytest.mark.every_agent
@pytest.mark.promise("G2.qoder", "G4.recognised")
@pytest.mark.parametrize("name", WITH_A_LOGIN)
def test_without_a_login_an_agent_is_unauthenticated(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = agent_command(name)
    if command is None:
        pytest.skip(f"{name} is not installed: python -m tests.support.agents")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(agents_folder() / "cache"))
    call = new_call(tmp_path / "call")
    agent = load_agent(name)
    options = {"command": json.dumps(command), "home": "private"}
    found = agent.available(options)
    assert (found.available, found.warning) == (True, ""), found
    reply = run(agent, call, request(call, PROMPT, limits=LIMITS, options=options))
    assert reply.outcome is Outcome.UNAUTHENTICATED, reply
    assert not processes_in(tmp_path)


def test_the_table_in_the_docs_shows_what_is_run(goldens: Goldens) -> None:
    goldens.check(ROOT / PAGE, page())
    assert len(list(pairs())) >= LEAST_RUN
