"""Servers that were at work when another program was installed.

Those of the former program go on and see what the present program writes. When it has brought
the store to a format that they do not know, they refuse to write, say that Podium has to be
updated, and stay alive.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podium.store.disk.layout import MANIFEST
from tests.lsp_server.wire import Editor
from tests.mcp_server.wire import META, ServerProcess
from tests.support.commands import podium
from tests.support.former import Installation, former_file
from tests.support.projects import SAMPLE, Json, Project, task
from tests.support.repositories import make_repository
from tests.support.waiting import wait_for

OBJECTIVE = "Written by the present program"


@pytest.fixture
def root(former: Installation, clean_environment: Path, tmp_path: Path) -> Path:
    """Give a project that the former program made."""
    made = make_repository(tmp_path / "app", SAMPLE)
    assert former.podium(made, "init").returncode == 0
    return made


@pytest.fixture
def project(root: Path) -> Iterator[Project]:
    """Give the same project, as the present program has it."""
    made = Project(root)
    yield made
    made.close()


def format_is_newer(root: Path) -> bool:
    """Tell whether the store asks for a newer program than the former one."""
    found = re.search(r"^FORMAT = (\d+)$", former_file("core/podium/store/layout.py"), re.M)
    assert found
    manifest = json.loads((root / ".podium" / MANIFEST).read_text())
    newer = int(manifest["min_writer"]) > int(found.group(1))
    # The former program knows none but the first version of each kind of document.
    assert newer or not manifest.get("schemas"), "a former program would write former documents"
    return newer


def come(project: Project) -> str:
    """Let the present program take the store over and write a plan; return the plan's id."""
    assert podium(project.root, "migrate").returncode == 0
    view = project.ask("plan.create", objective=OBJECTIVE, tasks=[task("t1")])
    return str(view.plan.id)


def check_refusal(words: str) -> None:
    """Check that a refusal says what is wrong and how to go on."""
    assert "too old" in words
    assert "pip install --upgrade" in words


@pytest.mark.promise("W5")
def test_a_language_server_of_before_goes_on_or_says_how(
    former: Installation, project: Project
) -> None:
    made = {"objective": "Written by the former program", "tasks": [task("t1")]}
    with Editor(project.root, command=former.command("lsp")) as editor:
        editor.initialize()
        editor.command("podium.plan.create", **made)
        plan = come(project)
        if format_is_newer(project.root):
            error = editor.refused(
                "workspace/executeCommand", {"command": "podium.plan.create", "arguments": [made]}
            )
            check_refusal(json.dumps(error))
            asked = {"command": "podium.plan.show", "arguments": [{"plan": plan}]}
            answer = editor.answer(editor.request("workspace/executeCommand", asked))
            # What has the same form as before may be read by a server that had the store open.
            if "error" in answer:
                check_refusal(json.dumps(answer))
            else:
                assert OBJECTIVE in json.dumps(answer)
        else:
            again = editor.command("podium.plan.create", **made)
            assert project.ask("plan.show", plan=again["plan"]["header"]["id"])
            shown = editor.command("podium.plan.show", plan=plan)
            assert shown["plan"]["header"]["objective"] == OBJECTIVE
            wait_for(lambda: OBJECTIVE in labels(editor))
        assert editor.process.poll() is None
        assert editor.shut_down() == 0


def labels(editor: Editor) -> list[str]:
    """Return what an editor's tree shows at its top."""
    return [row["label"] for row in editor.command("podium.tree")]


@pytest.mark.promise("W5")
def test_a_server_of_tools_of_before_goes_on_or_says_how(
    former: Installation, project: Project
) -> None:
    made = {"objective": "Written by the former program", "tasks": [task("t1")]}
    with ServerProcess(project.root, command=former.command("mcp")) as server:
        server.call("plan_create", **made)
        plan = come(project)
        if format_is_newer(project.root):
            result = call(server, "plan_create", **made)
            assert result["isError"]
            check_refusal(json.dumps(result))
        else:
            again = server.call("plan_create", **made)
            assert len(project.ask("plan.list").plans) == 3, again
            assert OBJECTIVE in json.dumps(server.call("plan_get", plan=plan))
        assert "tools" in server.ask("tools/list", {"_meta": META})["result"]


def call(server: ServerProcess, tool: str, **arguments: Any) -> Json:
    """Call a tool and return its result, a refusal included."""
    asked = {"name": tool, "arguments": arguments, "_meta": META}
    result: Json = server.ask("tools/call", asked)["result"]
    return result


@pytest.fixture
def installed(former: Installation, present_wheel: Path, tmp_path: Path) -> Installation:
    """Return an installation of the present program that may be replaced."""
    made = former.copy(tmp_path / "installed")
    made.install(present_wheel)
    return made


@pytest.fixture
def later_wheel(present_wheel: Path, tmp_path: Path) -> Path:
    """Return a wheel in which a module that is loaded on demand has another name."""
    later = tmp_path / "later.whl"
    with zipfile.ZipFile(present_wheel) as present, zipfile.ZipFile(later, "w") as archive:
        for each in present.namelist():
            name = each.replace("operations/thought/add.py", "operations/thought/append.py")
            archive.writestr(name, present.read(each))
    return later


@pytest.mark.promise("W5")
def test_servers_whose_installation_was_replaced_ask_to_be_restarted(
    installed: Installation, later_wheel: Path, project: Project
) -> None:
    assert podium(project.root, "migrate").returncode == 0
    with (
        Editor(project.root, command=installed.command("lsp")) as editor,
        ServerProcess(project.root, command=installed.command("mcp")) as server,
    ):
        editor.initialize()
        editor.command("podium.plan.list")
        server.call("plan_get")
        installed.install(later_wheel)
        editor.command("podium.plan.list")
        server.call("plan_get")
        error = editor.refused("workspace/executeCommand", {"command": "podium.thought.add"})
        assert "restart this program" in error["message"]
        result = call(server, "think", thought="What now?")
        assert result["isError"]
        assert "restart this program" in json.dumps(result)
        assert editor.shut_down() == 0
