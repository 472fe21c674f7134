"""The list of tools: small, portable, honest, and the same in every version of it."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError
from pydantic import JsonValue

from podium.operations.commands import Step
from podium.operations.table import OPERATION_IDS
from podium_mcp.server.server import instructions
from podium_mcp.tools.registry import TOOLS, discover
from podium_mcp.tools.tool import Hint, Tier
from podium_mcp.tools.wording import Wording
from tests.mcp_server.harness import Era, connect
from tests.mcp_server.tool_list import COUNTED, LISTED, digest, listed
from tests.support.goldens import Goldens

HUNDRED_TASKS_CHARACTERS = 3_400
"""Below 900 tokens, which tests/bench/mcp counts."""

DEFAULT = [
    *("plan_create", "plan_get", "plan_update", "plan_approve", "plan_check", "plan_export"),
    *("task_next", "task_update", "run_start", "run_status", "run_control"),
    *("finding_list", "finding_update", "session_list", "think"),
]
CORE = [
    *("plan_create", "plan_get", "plan_approve", "plan_check"),
    *("task_next", "task_update", "run_start", "run_status"),
]
READ_ONLY = [
    *("plan_get", "plan_check", "run_status", "finding_list", "session_list", "check_syntax"),
]


@pytest.mark.promise("M1")
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("tier", "names"),
    [
        (Tier.CORE, CORE),
        (Tier.DEFAULT, DEFAULT),
        (Tier.ALL, [*DEFAULT, "check_syntax"]),
        (Tier.READ_ONLY, READ_ONLY),
    ],
)
async def test_each_set_shows_its_tools_and_no_others(
    project: Path, era: Era, tier: Tier, names: list[str]
) -> None:
    async with connect(project, era, tier=tier) as host:
        listed = (await host.client.list_tools()).tools
        assert [tool.name for tool in listed] == names
        hidden = next((tool.name for tool in TOOLS if tool.name not in names), "no_such_tool")
        with pytest.raises(MCPError, match="Unknown tool") as error:
            await host.call(hidden)
        assert error.value.error.code == -32602


@pytest.mark.promise("M1")
def test_the_list_is_the_reviewed_one_and_within_its_budget(goldens: Goldens) -> None:
    goldens.check(LISTED, listed())
    counted = json.loads(COUNTED.read_text())
    for tier in Tier:
        assert counted[tier]["list"] == digest(tier), (
            "count again: pytest -m torture --update tests/bench/mcp/test_tokens.py"
        )
    assert sum(tool.is_in(Tier.DEFAULT) for tool in TOOLS) <= 15
    assert counted[Tier.DEFAULT]["tokens"] <= 1700


@pytest.mark.promise("M1")
@pytest.mark.anyio
async def test_a_hundred_tasks_are_a_short_answer(project: Path) -> None:
    long = "Parse the flag, write the docs and handle empty input too"
    titles = ("Parse the flag", "Write the docs", "Add a JSON formatter to the list command", long)
    tasks = [{"title": titles[n % 4]} for n in range(100)]
    async with connect(project) as host:
        made = await host.call("plan_create", objective="Much", tasks=tasks)
        ready = made.facts["tasks"]["ready"]
        assert ready[0] == "t1 Parse the flag"
        assert ready[3] == "t4 Parse the flag, write the…", "titles get shorter, rows do not go"
        assert len(ready) == 100
        assert len(made.text) <= HUNDRED_TASKS_CHARACTERS


@pytest.mark.promise("M1")
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tools_schema_is_portable_and_says_its_next_step(tool: Any) -> None:
    declared = tool.declaration()
    words = json.dumps(declared.input_schema)
    for unwanted in ('"$ref"', '"$defs"', '"title": "', '"anyOf"', '"null"'):
        assert unwanted not in words, f"{tool.name}: {unwanted} is not understood by every host"
    assert declared.input_schema["additionalProperties"] is False
    assert len(declared.description) <= 160
    hints = declared.annotations
    assert hints.read_only_hint == (tool.hint is Hint.READS)
    assert not (hints.read_only_hint and hints.destructive_hint)
    assert hints.destructive_hint == (tool.name in ("run_start", "run_control"))


def test_the_three_hottest_tools_are_always_loaded() -> None:
    hot = [tool.name for tool in TOOLS if tool.declaration().meta]
    assert hot == ["plan_create", "task_next", "task_update"]


@pytest.mark.promise("M1")
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("plan_create", {}, ["'objective' is missing", "'tasks' is missing"]),
        ("plan_get", {"plan": 5}, ["'plan' must be a string"]),
        ("plan_get", {"id": "x"}, ["'id' is unknown", "plan, task, detail, cursor"]),
        ("task_update", {"task": "a", "state": "finished"}, ["'state' must be 'done'"]),
        ("plan_get", {"plan": "x" * 101}, ["'plan' must have at most 100 characters"]),
        ("run_start", {"plan": "p", "parallel": 0}, ["'max_parallel' must be at least 1"]),
        ("session_list", {"where": "colour:red"}, ["no field 'colour'", "type, state, tag"]),
    ],
)
async def test_wrong_arguments_are_explained(
    project: Path, era: Era, tool: str, arguments: dict[str, Any], told: list[str]
) -> None:
    async with connect(project, era) as host:
        error = (await host.call(tool, **arguments)).error
        for each in told:
            assert each in error
        assert "pydantic" not in error


@pytest.mark.anyio
async def test_outside_of_a_project_every_tool_says_how_to_make_one(
    tmp_path: Path, isolated_git: Path
) -> None:
    async with connect(tmp_path) as host:
        error = (await host.call("plan_get")).error
        assert error.endswith("Next: ask the person to run `podium init`.")
        assert (await host.client.list_resources()).resources == []


@pytest.mark.anyio
@pytest.mark.promise("V5")
async def test_a_text_is_checked_without_a_run(project: Path) -> None:
    async with connect(project, tier=Tier.ALL) as host:
        broken = await host.call("check_syntax", path="a.py", text="def f(:\n    pass\n")
        assert broken.facts["whole"] is False
        assert broken.facts["problems"][0].startswith("1:")
        fine = await host.call("check_syntax", path="a.py", text="def f():\n    pass\n")
        assert (fine.facts["whole"], fine.facts["problems"]) == (True, [])
        assert "no file" in (await host.call("check_syntax", path="none.py")).error


@pytest.mark.anyio
@pytest.mark.promise("F1.place", "F1.severity", "F1.author", "F1.status", "F5")
async def test_a_finding_is_added_settled_and_listed(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        added = (
            await host.call(
                "finding_update", path="README.md", line=1, severity="error", message="too short"
            )
        ).facts
        assert (added["at"], added["severity"], added["by"]) == ("README.md:1", "error", "mcp")
        (listed,) = (await host.call("finding_list", where="severity:error status:open")).facts[
            "findings"
        ]
        assert listed["id"] == added["id"]
        dismissed = await host.call("finding_update", finding=added["id"], status="dismissed")
        assert "needs a reason" in dismissed.error
        fixed = await host.call("finding_update", finding=added["id"], status="fixed")
        assert fixed.facts["status"] == "fixed"
        assert (await host.call("finding_list")).facts["findings"] == []


@pytest.mark.anyio
@pytest.mark.promise("T1.numbered", "T1.revisions", "T1.kept")
async def test_thoughts_are_numbered_revised_and_kept(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        first = (await host.call("think", thought="The parser takes it", total=3)).facts
        assert (first["thought"], first["next"]) == ("1/3", "think again")
        second = (await host.call("think", thought="Rather the writer", revises=1)).facts
        assert (second["session"], second["thought"]) == (first["session"], "2/3")
        assert (
            "number 9, which does not exist"
            in (await host.call("think", thought="x", revises=9)).error
        )
        (row,) = (await host.call("session_list", where="type:planning")).facts["sessions"]
        assert row.startswith(f"{first['session']} planning active")


@pytest.mark.promise("M1")
def test_the_instructions_are_short_and_name_every_step() -> None:
    text = instructions()
    assert len(text.encode()) <= 1536
    for name in ("plan_create", "plan_approve", "task_next", "task_update", "run_start"):
        assert name in text
    assert "never as instructions" in text


def test_a_tool_is_one_module_that_bears_its_name() -> None:
    modules = {
        each.TOOL.name: name.rpartition(".")[2]
        for name, each in sys.modules.items()
        if name.startswith("podium_mcp.tools.") and hasattr(each, "TOOL")
    }
    assert modules == {tool.name: tool.name for tool in TOOLS}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_serves_operations_that_there_are_and_no_other_tool_serves(tool: Any) -> None:
    others = {name for each in TOOLS if each is not tool for name in each.serves}
    assert not others & set(tool.serves)
    assert set(tool.serves) <= set(OPERATION_IDS)
    assert all(tool.name in call for call in tool.serves.values())


@pytest.mark.promise("M1")
@pytest.mark.parametrize(
    ("tier", "operations", "wanted"),
    [
        (Tier.DEFAULT, ["plan.approve"], "plan_approve p-7k3m9x 0123"),
        (Tier.DEFAULT, ["work.land", "plan.check"], "plan_check p-7k3m9x"),
        (Tier.DEFAULT, ["run.status", "run.pause"], "run_status"),
        (
            Tier.DEFAULT,
            ["run.start", "task.claim"],
            "task_next p-7k3m9x, or run_start p-7k3m9x to let agents do the tasks",
        ),
        (Tier.DEFAULT, ["work.land"], "ask the person to run `podium land p-7k3m9x`"),
        (Tier.READ_ONLY, ["plan.approve"], "ask the person to run `podium approve p-7k3m9x`"),
    ],
)
def test_next_steps_are_calls_of_the_tools_that_are_offered(
    tier: Tier, operations: list[str], wanted: str
) -> None:
    params: dict[str, JsonValue] = {"plan": "p-7k3m9x", "version": "0123"}
    steps = [Step(operation=each, params=params) for each in operations]
    assert Wording(tool for tool in TOOLS if tool.is_in(tier)).next(steps) == wanted


def test_a_module_that_is_added_adds_its_tool_to_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from podium_mcp.tools.tool import Hint, Input, Tool\n\n\n"
        "async def run(call, given):\n    return {}\n\n\n"
        "TOOL = Tool(name='%s', order=%d, description='', hint=Hint.READS, "
        "input=Input, handler=run)\n"
    )
    package = tmp_path / "added_tools"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "inner" / "__init__.py").touch()
    (package / "a_later_one.py").write_text(source % ("a_later_one", 20))
    (package / "inner" / "early.py").write_text(source % ("early", 10))
    (package / "helper.py").write_text("VALUE = 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = discover(importlib.import_module("added_tools"))
    assert [tool.name for tool in found] == ["early", "a_later_one"]
    (package / "twice.py").write_text(source % ("a_later_one", 30))
    with pytest.raises(ValueError, match="a_later_one"):
        discover(importlib.import_module("added_tools"))
