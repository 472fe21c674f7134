"""Setting the server up in hosts: shown first, written whole, nothing else is touched."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from podium import __version__
from podium.errors import ValidationError
from podium_mcp.install.hosts import HOSTS
from tests.mcp_server.wire import PODIUM
from tests.support.goldens import ROOT

COMMAND = ["/opt/podium", "mcp"]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PODIUM, "mcp", "install", *words],
        cwd=folder,
        env=os.environ | {"HOME": str(folder / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", HOSTS)
def test_a_hosts_settings_hold_the_server_and_all_that_was_there(name: str) -> None:
    host = HOSTS[name]
    if host.file.endswith(".toml"):
        before = "# mine\n[mcp_servers.other]\ncommand = 'x'\n"
        after = host.merged(before, COMMAND)
        assert after.startswith(before)
        servers = tomllib.loads(after)["mcp_servers"]
        assert servers == {
            "other": {"command": "x"},
            "podium": {"command": "/opt/podium", "args": ["mcp"]},
        }
        return
    before = json.dumps({"mine": 1, host.path[0]: {"other": {"command": "x"}}})
    document = json.loads(host.merged(before, COMMAND))
    assert document["mine"] == 1
    assert document[host.path[0]]["other"] == {"command": "x"}
    entry = document[host.path[0]]["podium"]
    command = entry["command"]
    assert (command if isinstance(command, list) else [command, *entry["args"]]) == COMMAND
    assert host.merged(host.merged(before, COMMAND), COMMAND) == host.merged(before, COMMAND)


@pytest.mark.parametrize("name", HOSTS)
def test_the_manual_shows_what_belongs_into_each_hosts_settings(name: str) -> None:
    host = HOSTS[name]
    manual = (ROOT / "docs/mcp.md").read_text()
    assert host.file in manual
    wanted = _parsed(host.file.rpartition(".")[2], host.snippet(["/path/to/podium", "mcp"]))
    blocks = re.findall(r"```(json|toml)\n(.*?)```", manual, re.DOTALL)
    assert wanted in [_parsed(kind, text) for kind, text in blocks]


def test_the_readmes_snippets_are_the_manuals() -> None:
    blocks = [
        re.findall(r"```(?:json|toml)\n.*?```", (ROOT / page).read_text(), re.DOTALL)
        for page in ("README.md", "docs/mcp.md")
    ]
    shown = [each for each in blocks[0] if "podium" in each and "mcp" in each]
    assert len(shown) == 3
    assert set(shown) <= set(blocks[1])


def test_the_registry_is_told_this_very_package() -> None:
    described = json.loads((ROOT / "mcp_server/server.json").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (package,) = described["packages"]
    assert package["identifier"] == project["name"]
    assert described["version"] == package["version"] == __version__
    assert len(described["description"]) <= 100, "the registry takes no more"
    # The registry believes that a package is ours when the package's own page says so.
    assert f"mcp-name: {described['name']} " in (ROOT / project["readme"]).read_text()
    words = [each["value"] for each in package["packageArguments"]]
    assert words == ["mcp"]
    assert project["scripts"]["podium"], "what the registry's clients start"


def _parsed(kind: str, text: str) -> Any:
    """Return a host's settings; that a server is started by a command is what hosts take it for."""
    document = tomllib.loads(text) if kind == "toml" else json.loads(text)
    ((key, servers),) = document.items()
    entry = {k: v for k, v in servers["podium"].items() if (k, v) != ("type", "stdio")}
    return {key: {"podium": entry}}


def test_settings_with_comments_are_not_written_over() -> None:
    with pytest.raises(ValidationError, match="without losing"):
        HOSTS["zed"].merged("// mine\n{}", COMMAND)
    with pytest.raises(ValidationError, match="already configured"):
        HOSTS["codex"].merged("[mcp_servers.podium]\n", COMMAND)


def test_the_change_is_shown_and_written_only_when_wanted(tmp_path: Path) -> None:
    shown = run(tmp_path, "claude")
    assert shown.returncode == 1
    assert '+    "podium": {' in shown.stdout
    assert not (tmp_path / ".mcp.json").exists()
    assert run(tmp_path, "claude", "--yes").returncode == 0
    written = json.loads((tmp_path / ".mcp.json").read_text())
    assert written["mcpServers"]["podium"]["command"] == str(PODIUM)
    again = run(tmp_path, "claude", "--yes")
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "name one of claude, codex"),
        (["nobody"], 2, "there is no host 'nobody': name one of claude"),
        (["claude", "--project"], 2, "there is no option --project"),
        (["claude", "--help"], 0, "Usage: podium mcp"),
        (["--help"], 0, "podium mcp install HOST [--print | --yes]"),
    ],
)
def test_wrong_words_are_named_and_nothing_is_written(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


def test_a_snippet_is_printed_and_nothing_is_written(tmp_path: Path) -> None:
    printed = run(tmp_path, "codex", "--print")
    assert tomllib.loads(printed.stdout)["mcp_servers"]["podium"]["args"] == ["mcp"]
    assert not (tmp_path / "home").exists()
    assert run(tmp_path, "emacs").returncode == 2
