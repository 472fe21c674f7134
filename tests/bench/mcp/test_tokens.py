"""How many tokens the tools and their answers cost, by the tokenizer itself."""

import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium_mcp.tools.tool import Tier
from tests.mcp_server.conftest import isolated_git, project, template
from tests.mcp_server.harness import Answer, connect
from tests.mcp_server.tool_list import COUNTED, digest, text_of
from tests.support.goldens import Goldens
from tests.support.mcp_tools import count_tokens

__all__ = ["isolated_git", "project", "template"]

pytestmark = pytest.mark.torture

TASKS_TOKENS = 900
RESULT_TOKENS = 2000
TITLES = (
    *("Parse the --json flag in the list command", "Document the new option in the README"),
    *("Add a JSON formatter to the output module", "Handle empty input without a stack trace"),
    *("Refactor the configuration loader", "Extend the integration tests for exports"),
    *("Fix the race between watcher and writer threads", "Regenerate the lock file"),
    *("Add pagination to the REST endpoint /tasks", "Validate manifests against the schema"),
)
TEXTS = {
    "words": "word " * 500,
    "Chinese": "计划任务的执行与审批流程说明文档。" * 60,
    "emoji": "🎉🚀 done! " * 100,
    "codes": "a1b2c3d4" * 120,
}


def tokens(text: str) -> int:
    found = count_tokens(text)
    if found is None:
        pytest.skip("python -m tests.support.mcp_tools tokenizer")
    return found


@pytest.mark.promise("M1")
def test_the_tool_list_is_counted_anew(
    goldens: Goldens, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {tier: {"list": digest(tier), "tokens": tokens(text_of(tier))} for tier in Tier}
    with capsys.disabled():
        told = ", ".join(f"{tier} {row['tokens']}" for tier, row in made.items())
        sys.stdout.write(f"\ntokens (o200k) of the tool lists: {told}\n")
    goldens.check(COUNTED, json.dumps(made, indent=1) + "\n")


@pytest.mark.promise("M1")
def test_a_hundred_tasks_and_every_answer_cost_few_tokens(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {name: tokens(text) for name, text in anyio.run(_answers, project).items()}
    with capsys.disabled():
        told = "\n".join(f"{count:5} tokens  {name}" for name, count in counts.items())
        sys.stdout.write(f"\n{told}\n")
    assert counts["a plan of 100 tasks"] <= TASKS_TOKENS
    assert max(counts.values()) <= RESULT_TOKENS


async def _answers(project: Path) -> dict[str, str]:
    """Return the texts of results that are as long as they get."""
    found: dict[str, Answer] = {}
    async with connect(project, tier=Tier.ALL) as host:
        short: list[dict[str, Any]] = [{"title": TITLES[n % len(TITLES)]} for n in range(100)]
        found["a plan of 100 tasks"] = await host.call(
            "plan_create", objective="Much work", tasks=short
        )
        for name, text in TEXTS.items():
            long = [
                {"id": f"a-name-that-says-much-{n}", "title": text[:190], "description": text}
                | {"files": [f"src/{n}.py"], "accept": [{"text": text}] * 5}
                for n in range(100)
            ]
            made = await host.call("plan_create", objective=text, tasks=long)
            found[f"a plan of 100 long tasks, {name}"] = made
            for line in range(1, 30):
                await host.call("finding_update", path="README.md", line=line, message=text)
            await host.call("think", thought=text)
            plan = made.facts["plan"]
            found[f"one task, {name}"] = await host.call(
                "plan_get", plan=plan, task="a-name-that-says-much-7"
            )
            found[f"findings, {name}"] = await host.call("finding_list")
            found[f"completeness, {name}"] = await host.call("plan_check", plan=plan)
        found["plans"] = await host.call("plan_get")
        found["sessions"] = await host.call("session_list")
    return {name: answer.text for name, answer in found.items()}
