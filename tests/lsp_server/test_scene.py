"""The main scenario: a user in Neovim, an assistant over MCP, and a run, all on one file."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from podium.model.events import EventKind
from podium.projects.trust import trust
from tests.lsp_server.editors import needs_neovim, start_neovim, what_it_saw
from tests.lsp_server.wire import PODIUM
from tests.support.projects import SAMPLE, Project, write

CUT = SAMPLE["app.py"] + '\n\ndef bye() -> str:\n    return name("good bye"'
WHOLE = SAMPLE["app.py"] + '\n\ndef bye() -> str:\n    return "good bye"\n'
THINKS_SECONDS = 5
"""How long the consultant takes, so that the broken state can be observed."""

TASK = {"id": "bye", "title": "Say good bye", "files": ["app.py"]}


def put_agents(project: Project) -> None:
    """Set up an executor whose reply is truncated, and a consultant who fixes it later."""
    playbook = {
        "version": 1,
        "tasks": {"bye": [[write("app.py", CUT)]]},
        "fixes": {"bye": [[{"delay": THINKS_SECONDS}, write("app.py", WHOLE)]]},
    }
    path = project.root.parent / "playbook.yaml"
    path.write_text(json.dumps(playbook))
    options = {"playbook": {"playbook": str(path)}}
    settings = {"agents": {"default": "playbook", "options": options}}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(settings))
    project.reopen()
    trust(project.root, project.engine.config.config)


async def assist(project: Project, is_open: Callable[[], bool]) -> dict[str, Any]:
    """Create a plan as an assistant, over MCP, once the user has opened the file."""
    server = StdioServerParameters(
        command=str(PODIUM), args=["mcp", "--project", str(project.root)], env=dict(os.environ)
    )
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        with anyio.fail_after(300):
            while not is_open():
                await anyio.sleep(0.02)
        made = await session.call_tool(
            "plan_create", {"objective": "Say good bye", "tasks": [TASK]}
        )
    assert made.structured_content is not None
    return dict(made.structured_content)


def moment(project: Project, kind: EventKind) -> float:
    """Return when the only event of a kind was committed."""
    (found,) = [each for each in project.engine.store.history() if each.event.kind == kind]
    return found.at.timestamp()


@needs_neovim
@pytest.mark.promise("L1.live", "L3.commands", "L6", "R1", "V1.every", "V1.place", "V3", "M4")
def test_a_broken_reply_is_seen_where_people_write_and_goes_when_it_is_mended(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    go = tmp_path / "go"
    go.mkdir()
    put_agents(project)
    neovim = start_neovim(
        project.root, "scene.lua", PODIUM_PROJECT=str(project.root), PODIUM_GO=str(go)
    )
    made = anyio.run(assist, project, (go / "open").exists)
    (go / "planned").touch()
    saw = what_it_saw(neovim)

    assert "failed" not in saw, saw["failed"]
    line, code, message = saw["shown"]
    assert (line, code) == (0, "syntax")
    assert message.endswith("(line 9 in attempt 1 of task bye)")
    assert saw["line"] == '"""An app."""', "the person's own text is as it was"
    assert [each[1] for each in saw["related"]][-1] == "the file in attempt 1"
    assert [each["count"] for each in saw["changes"]][-2:] == [1, 0]
    assert saw["plan"] == "done"
    assert [row[0] for row in saw["tree"]] == ["plan.done"]
    assert made["plan"] == project.ask("plan.show").plan.id
    assert (project.root / "app.py").read_text() == SAMPLE["app.py"], "nothing lands unasked"
    with capsys.disabled():
        sys.stdout.write(f"\nseconds from the commit to Neovim: {late(project, saw)}\n")


def late(project: Project, saw: dict[str, Any]) -> dict[str, float]:
    """Return the seconds between the commit of each change and its display in Neovim."""
    appeared = next(each["at"] for each in saw["changes"] if each["count"])
    gone = next(
        each["at"] for each in saw["changes"] if each["at"] > appeared and not each["count"]
    )
    added = moment(project, EventKind.FINDING_ADDED)
    fixed = moment(project, EventKind.FINDING_CHANGED)
    return {"appeared": round(appeared - added, 3), "gone": round(gone - fixed, 3)}
