"""Real hosts work with the server: the tools are there in the first turn, a plan is made and
approved in the host's own dialog, a task is taken, refused, corrected and done."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.mcp_server.harness import approved_plan, as_person, connect, operate
from tests.mcp_server.hosts import NAMES, RealHost, Screen, call, conversation, last
from tests.support.mcp_tools import tool_command
from tests.support.model_script import CallTool, Say, Step, Turn, WriteFile
from tests.support.model_server import ModelServer

pytestmark = [pytest.mark.torture, pytest.mark.agents]

STARTS = 20
PLAN = last(r"plan[\\\": ]+(p-[0-9a-z]{6})")
VERSION_SAID = r"version[\\\": ]+([0-9a-f]{12})"
VERSION = last(VERSION_SAID)
TASKS: list[dict[str, Any]] = [
    {
        "id": "parse",
        "title": "Parse the flag",
        "files": ["cli.py"],
        "accept": [{"text": "cli.py parses", "command": ["python3", "-m", "py_compile", "cli.py"]}],
    }
]


def host(
    name: str, project: Path, home: Path, model: ModelServer, *, asks: bool = False
) -> RealHost:
    found = RealHost(name, project, home, model.url())
    found.set_up(asks=asks)
    return found


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    chosen = str(request.param)
    if tool_command(chosen) is None or tool_command("node22") is None:
        pytest.skip(f"{chosen} is not installed: python -m tests.support.mcp_tools {chosen}")
    return chosen


def ask_once(started: RealHost, prompt: str = "go") -> str:
    done = subprocess.run(
        started.headless(prompt),
        cwd=started.project,
        env=started.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.promise("M1", "M3.stdio")
def test_the_tools_are_there_in_the_very_first_turn(
    name: str, project: Path, isolated_git: Path
) -> None:
    for start in range(STARTS):
        with ModelServer(conversation()) as model:
            ask_once(host(name, project, isolated_git, model))
            first = model.turns[0].tools
            offered = {
                each.replace("/", "__").rsplit("podium_", 1)[-1].strip("_") for each in first
            }
            wanted = {"plan_create", "task_next", "task_update"}
            assert wanted <= offered, f"start {start + 1}: {sorted(first)}"


@pytest.mark.promise("K1.next", "K3.command", "M4")
def test_a_host_takes_a_task_is_refused_and_then_done(
    name: str, project: Path, isolated_git: Path
) -> None:
    anyio.run(_approve_a_plan, project)

    def write(content: str) -> Any:
        def step(said: str) -> Step:
            return WriteFile(str(project / "cli.py"), content)

        return step

    steps = (
        call("task_next"),
        write("def flag(:\n"),
        call("task_update", task="parse", state="done"),
        call("task_update", task="parse", note="the flag is read in cli.py"),
        write_anew(project),
        call("task_update", task="parse", state="done"),
    )
    with ModelServer(conversation(*steps)) as model:
        ask_once(host(name, project, isolated_git, model))
        said = [json.dumps(turn.body) for turn in model.turns]
    assert "py_compile" in said[1], "the model is told what its work has to pass"
    assert "the syntax gate failed" in said[3], "the model is told why it is not done"
    assert "cli.py:1" in said[3]
    view = anyio.run(_task, project)
    assert view.progress.state == "done"
    (evidence,) = view.progress.evidence
    assert (evidence.shown.type, evidence.shown.exit_code, evidence.by.face) == (
        "command",
        0,
        "mcp",
    )


@pytest.mark.promise("M3.elicitation", "P4.approve")
@pytest.mark.parametrize("agrees", [True, False])
@pytest.mark.parametrize("chosen", ["claude", "codex"])
def test_the_person_approves_in_the_hosts_own_dialog(
    chosen: str, project: Path, isolated_git: Path, *, agrees: bool
) -> None:
    if tool_command(chosen) is None:
        pytest.skip(f"{chosen} is not installed: python -m tests.support.mcp_tools {chosen}")
    with ModelServer(approving) as model:
        started = host(chosen, project, isolated_git, model, asks=True)
        with Screen(started.interactive(), project, started.environment()) as screen:
            before = KEYS[chosen](screen, model)
            screen.press_until(before[agrees], lambda text: bool(outcome(model)))
    assert outcome(model) == (["true"] if agrees else ["false"])
    assert anyio.run(_plan_state, project) == ("approved" if agrees else "draft")


@pytest.mark.promise("M3.elicitation", "P4.approve")
def test_a_host_without_a_person_approves_nothing(
    name: str, project: Path, isolated_git: Path
) -> None:
    """Two of them answer the question themselves, with no; the third cannot ask."""
    with ModelServer(approving) as model:
        ask_once(host(name, project, isolated_git, model))
    assert outcome(model) == ["false"]
    assert anyio.run(_plan_state, project) == "draft"
    if name == "gemini":
        assert "podium approve p-" in last_said(model), "the model is told who can approve, and how"


def outcome(model: ModelServer) -> list[str]:
    """Return what the model was told of the approval."""
    return re.findall(r'approved[\\"]+:(true|false)', last_said(model))


def last_said(model: ModelServer) -> str:
    """Return the conversation as the model saw it last, without the tools that it was offered."""
    return said_in(model.turns[-1]) if model.turns else ""


def said_in(turn: Turn) -> str:
    """Return the conversation of a turn, which each host's protocol names in its own way."""
    return json.dumps([turn.body.get(key) for key in ("messages", "input", "contents")])


def approving(turn: Turn) -> Step:
    """Make a plan and put it before the person; some hosts load a tool when it is looked for."""
    said = said_in(turn)
    if re.search(r'approved[\\"]+:(true|false)', said):
        return Say("done")
    tool, given = "plan_create", {"objective": "Add a flag", "tasks": TASKS}
    if re.search(VERSION_SAID, said):
        tool, given = "plan_approve", {"plan": PLAN(said), "version": VERSION(said)}
    if any(each.endswith(tool) for each in turn.tools):
        return CallTool(rf"{tool}$", given)
    found: Step = search(tool)("")
    return found


def search(tool: str) -> Any:
    def step(said: str) -> Step:
        return CallTool("^ToolSearch$", {"query": f"select:mcp__podium__{tool}", "max_results": 1})

    return step


def write_anew(project: Path) -> Any:
    def step(said: str) -> Step:
        # Some hosts write over a file only after they have read it; a new one they always may.
        (project / "cli.py").unlink()
        return WriteFile(str(project / "cli.py"), "def flag(): ...\n")

    return step


def _reach_claudes_dialog(screen: Screen, model: ModelServer) -> dict[bool, str]:
    """Bring the dialog up and return the keys that end it, by what the person wants."""
    screen.wait_until(lambda text: "⏵⏵" in text)
    screen.press("go")
    screen.wait_until(lambda text: "go" in text)
    screen.press_until("\r", lambda text: bool(model.turns))
    screen.wait_until(lambda text: "Approveplan" in text and "Spacetotoggle" in text)
    screen.press_until(" ", lambda text: "☒" in text)
    screen.press_until("\x1b[B", lambda text: "\u276fAccept" in text)
    return {True: "\r", False: "\x1b"}


def _reach_codexs_dialog(screen: Screen, model: ModelServer) -> dict[bool, str]:
    screen.wait_until(lambda text: "test-modeldefault" in text)
    screen.press("go")
    screen.wait_until(lambda text: "go" in text)
    screen.press_until("\r", lambda text: bool(model.turns))
    screen.wait_until(lambda text: "Approveplan" in text and "entertosubmit" in text)
    return {True: "\r", False: "\x1b"}


KEYS = {"claude": _reach_claudes_dialog, "codex": _reach_codexs_dialog}


async def _approve_a_plan(project: Path) -> str:
    async with connect(project) as connected:
        return await approved_plan(connected, project, TASKS)


async def _task(project: Path) -> Any:
    async with as_person(project) as engine:
        return await operate(engine, "task.show", task="parse")


async def _plan_state(project: Path) -> str:
    async with as_person(project) as engine:
        return str((await operate(engine, "plan.show")).state)
