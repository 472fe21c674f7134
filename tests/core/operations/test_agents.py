"""A person sees the agents of this machine, tests them, and lets them rest."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from podium.agents.health import HealthStore
from podium.errors import AgentFailed, NotApproved, PathOutsideWorkspace, ValidationError
from podium.model.agents import AgentHealth, LoginState, Outcome
from podium.model.events import Actor
from podium.model.rules.agents.registry_entries import how_to_start, read_entries
from podium.operations.agent.add import AddedAgent
from podium.operations.agent.list import AgentRow, AgentTable
from podium.operations.agent.logins import LoginHealth
from podium.operations.agent.test import AgentTrial
from podium.projects.trust import trust
from podium_adapters.acp.generic import generic_profile, snapshot
from tests.support.commands import podium
from tests.support.projects import Json, Project

NO_AGENTS = "/usr/bin:/bin"
FAR = datetime(2099, 1, 1, tzinfo=UTC)
GEMINI = "gemini@work"
ROBOT = Actor(kind="agent", name="claude", face="mcp")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that puts a program on the PATH that only states its version."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{NO_AGENTS}")

    def add(name: str, version: str) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)

    return add


def configure(project: Project, agents: Json) -> None:
    (project.root / ".podium" / "config.yaml").write_text(json.dumps({"agents": agents}))
    project.reopen()
    trust(project.root, project.engine.config.project)


def listed(project: Project) -> dict[str, AgentRow]:
    table: AgentTable = project.ask("agent.list")
    return {row.name: row for row in table.agents}


def playbook(project: Project, name: str, script: list[Any]) -> Json:
    path = project.root.parent / f"{name}.yaml"
    path.write_text(json.dumps({"version": 1, "tasks": {"hello": [script]}}))
    return {"agent": "playbook", "options": {"playbook": str(path), "login": name}}


@pytest.mark.promise("G12.list", "U1.agents")
def test_agents_that_are_missing_are_listed_with_the_quickest_ways_to_get_one(
    project: Project, programs: Callable[[str, str], None]
) -> None:
    del programs
    table: AgentTable = project.ask("agent.list")
    assert [row.name for row in table.agents if row.usable] == []
    assert {"claude", "codex", "gemini", "copilot", "opencode", "acp", "playbook"} <= {
        row.name for row in table.agents
    }
    assert len(table.ways) == 3
    assert all("npm install -g" in way and "log in once" in way for way in table.ways)
    assert all(row.how_to_get for row in table.agents)


@pytest.mark.promise("G12.list", "G12.logins")
def test_a_login_its_rest_and_its_roles_are_listed(
    project: Project,
    programs: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    clean_environment: Path,
) -> None:
    programs("gemini", "0.61.0")
    programs("opencode", "1.18.33")
    programs("copilot", "1.0.102")
    monkeypatch.setenv("COPILOT_PROVIDER_API_KEY", "secret-value")
    (clean_environment / ".gemini").mkdir()
    (clean_environment / ".gemini" / "oauth_creds.json").write_text("{}")
    chain = [{"agent": "gemini", "options": {"login": "work"}}, {"agent": "opencode"}]
    configure(project, {"default": "copilot", "roles": {"executor": chain}})
    HealthStore().change(
        GEMINI, lambda health: health.model_copy(update={"resting_until": FAR, "reason": "why"})
    )

    rows = listed(project)

    gemini, opencode = rows[GEMINI], rows["opencode"]
    assert (gemini.usable, gemini.version, gemini.roles) == (True, "0.61.0", ("executor",))
    assert (gemini.resting_until, gemini.reason) == (FAR, "why")
    assert (gemini.login, gemini.login_place) == (LoginState.FOUND, "~/.gemini/oauth_creds.json")
    assert rows["gemini"].resting_until is None
    assert (opencode.login, opencode.roles) == (LoginState.NOT_FOUND, ("executor, fallback",))
    copilot = rows["copilot"]
    assert (copilot.login_place, copilot.roles) == ("COPILOT_PROVIDER_API_KEY", ("default",))
    shown = podium(project.root, "agents").stdout
    assert "secret-value" not in shown
    assert f"{GEMINI}" in shown
    assert "rests until 2099-01-01" in shown


@pytest.mark.promise("X5")
def test_a_command_of_untrusted_settings_is_not_run_to_learn_a_version(
    project: Project, programs: Callable[[str, str], None], tmp_path: Path
) -> None:
    del programs
    trace = tmp_path / "trace"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {trace}\necho 1.0\n")
    evil.chmod(0o755)
    options = {"gemini": {"command": str(evil)}}
    configure(project, {"options": options})
    assert listed(project)["gemini"].usable
    assert trace.exists()
    trace.unlink()
    (project.root / ".podium" / "config.yaml").write_text(
        f'{{"agents": {{"options": {{"gemini": {{"command": "{evil}", "model": "x"}}}}}}}}'
    )
    project.reopen()
    assert not listed(project)["gemini"].usable
    assert not trace.exists()


@pytest.mark.promise("G12.rest")
def test_a_person_lets_an_agent_rest_and_wakes_it(project: Project) -> None:
    rested: LoginHealth = project.ask("agent.rest", agent=GEMINI, until="2h")
    assert rested.resting_until is not None
    length = rested.resting_until - datetime.now(UTC)
    assert timedelta(minutes=119) < length <= timedelta(hours=2)
    stored = HealthStore().read(GEMINI)
    assert (stored.by_hand, stored.resting_until) == (True, rested.resting_until)
    assert HealthStore().read("gemini") == AgentHealth(login="gemini")

    HealthStore().change(GEMINI, lambda health: health.model_copy(update={"failures": 3}))
    assert project.ask("agent.wake", agent=GEMINI) == LoginHealth(login=GEMINI)
    assert HealthStore().read(GEMINI) == AgentHealth(login=GEMINI)


@pytest.mark.parametrize(
    ("operation", "params", "error"),
    [
        ("agent.rest", {"agent": "gemni", "until": "2h"}, "There is no agent named 'gemni'"),
        ("agent.rest", {"agent": "gemini@", "until": "2h"}, "There is no agent named 'gemini@'"),
        ("agent.rest", {"agent": "gemini", "until": "soon"}, "'soon' is not a time to rest until"),
        ("agent.wake", {"agent": "nobody"}, "There is no agent named 'nobody'"),
        ("agent.test", {"agent": "nobody"}, "There is no agent named 'nobody'"),
    ],
)
def test_a_wrong_name_or_time_changes_nothing(
    project: Project, operation: str, params: Json, error: str
) -> None:
    with pytest.raises(ValidationError, match="^" + error):
        project.ask(operation, **params)
    assert HealthStore().read_all() == {}


@pytest.mark.parametrize("verb", ["rest", "wake", "test", "add", "remove"])
def test_only_a_person_manages_agents(project: Project, verb: str) -> None:
    more = {"until": "2h"} if verb == "rest" else {}
    more |= {"entry": "fast-agent"} if verb == "add" else {"agent": "gemini"}
    with pytest.raises(NotApproved, match="Only a person can"):
        project.ask(f"agent.{verb}", by=ROBOT, **more)
    assert HealthStore().read_all() == {}


def test_what_follows_a_failure_is_shown_with_the_settings(project: Project) -> None:
    configure(project, {"policy": {"on_limit": "hold", "calls_per_minute": {"claude": 9}}})
    shown = podium(project.root, "agents", "policy").stdout
    assert "rate-limited" in shown
    assert "wait or fall back" in shown
    assert "agents.policy.on_limit " in shown
    assert "claude: 9" in shown


def test_an_agent_is_tested_with_one_turn_in_a_scratch_folder(project: Project) -> None:
    wrote = [{"write": {"path": "hello.txt", "content": "hello from podium\n"}}, {"say": "done"}]
    idle = [{"say": "I would rather not"}]
    limited = [{"fail": {"outcome": "rate-limited", "detail": "429", "retry_after_seconds": 99}}]
    chain = [
        playbook(project, "able", wrote),
        playbook(project, "idle", idle),
        playbook(project, "limited", limited),
    ]
    configure(project, {"roles": {"executor": chain}})
    HealthStore().change(
        "playbook@able", lambda health: health.model_copy(update={"resting_until": FAR})
    )

    able: AgentTrial = project.ask("agent.test", agent="playbook@able")
    assert (able.wrote_the_file, able.answer) == (True, "done")
    assert HealthStore().read("playbook@able").resting_until is None
    slow: AgentTrial = project.ask("agent.test", agent="playbook@idle")
    assert (slow.wrote_the_file, slow.answer) == (False, "I would rather not")
    with pytest.raises(AgentFailed, match="did not complete the test") as failed:
        project.ask("agent.test", agent="playbook@limited")
    assert failed.value.why == "playbook is rate limited: 429"
    assert HealthStore().read("playbook@limited").outcome is Outcome.RATE_LIMITED
    assert not (project.root / "hello.txt").exists()


@pytest.mark.promise("U1.agents")
def test_whoever_is_asked_for_an_agent_is_offered_all(
    project: Project, programs: Callable[[str, str], None]
) -> None:
    programs("gemini", "0.61.0")
    for operation in ("plan.create", "agent.test"):
        found = project.ask("prompt.choices", operation=operation, parameter="agent")
        assert found.choices[0].value == "gemini"
        details = {each.value: each.detail for each in found.choices}
        assert details["gemini"] == "gemini · 0.61.0"
        assert "not here: npm install -g" in details["claude"]


def test_a_subcommand_that_does_not_exist_names_those_that_do(project: Project) -> None:
    done = podium(project.root, "agents", "forget", "x")
    assert done.returncode == 2
    assert "it has: test, rest, wake, policy, add, remove." in done.stderr
    before = podium(project.root, "agents", "--json", "wake", "gemini")
    assert before.returncode == 2
    assert "Write --json after wake" in before.stdout


def test_an_error_of_an_agent_is_in_its_row(project: Project) -> None:
    configure(project, {"default": "no-such-agent"})
    row = listed(project)["no-such-agent"]
    assert (row.usable, row.reason) == (False, "There is no agent named 'no-such-agent'")


ENTRY: Json = {
    "id": "newcomer",
    "name": "Newcomer",
    "version": "2.0.0",
    "description": "An agent",
    "icon": "newcomer.svg",
    "distribution": {"npx": {"package": "@new/comer@2.0.0", "args": ["acp"], "env": {"NEW": "1"}}},
}


def added_files(home: Path) -> list[str]:
    folder = home / ".config" / "podium" / "agents"
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.mark.promise("G12.registry")
def test_an_agent_of_the_registry_is_added_and_removed(
    project: Project, programs: Callable[[str, str], None], clean_environment: Path
) -> None:
    before = podium(project.root, "agents", "add", "fast-agent").stdout
    assert "not usable yet: no program" in before
    assert "pipx install fast-agent-acp==0.10.48" in before
    assert added_files(clean_environment) == ["fast-agent.json"]
    row = listed(project)["fast-agent"]
    assert (row.usable, row.title) == (False, "fast-agent (generic: not tested with Podium)")

    programs("fast-agent-acp", "0.10.48")
    row = listed(project)["fast-agent"]
    assert (row.usable, row.version) == (True, "0.10.48")
    assert row.reason == "generic: not tested with Podium"
    assert not list(project.root.glob("**/fast-agent*"))

    project.ask("agent.remove", agent="fast-agent")
    assert "fast-agent" not in listed(project)
    assert added_files(clean_environment) == []
    with pytest.raises(ValidationError, match="No agent named 'gemini' was added"):
        project.ask("agent.remove", agent="gemini")


@pytest.mark.promise("G12.file")
def test_an_agent_is_added_from_its_file(
    project: Project, programs: Callable[[str, str], None], tmp_path: Path
) -> None:
    programs("comer", "2.0.0")
    path = tmp_path / "agent.json"
    path.write_text(json.dumps(ENTRY))
    added: AddedAgent = project.ask("agent.add", entry=str(path))
    assert (added.agent, added.command, added.usable) == ("newcomer", ("comer", "acp"), True)
    profile = generic_profile("newcomer")
    assert (profile.environment, profile.tested) == ({"NEW": "1"}, ())
    assert listed(project)["newcomer"].how_to_get.startswith("npm install -g @new/comer@2.0.0")


@pytest.mark.promise("G12.registry")
@pytest.mark.parametrize("kind", ["path", "url"])
def test_another_registry_can_replace_the_one_that_comes_with_podium(
    project: Project,
    programs: Callable[[str, str], None],
    tmp_path: Path,
    kind: str,
) -> None:
    del programs
    (tmp_path / "registry.json").write_text(json.dumps({"version": "1", "agents": [ENTRY]}))
    serve = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/registry.json"
        configure(project, {"registry": url if kind == "url" else str(tmp_path / "registry.json")})
        assert project.ask("agent.add", entry="newcomer").title.startswith("Newcomer (generic")
        with pytest.raises(ValidationError, match="There is no agent named 'fast-agent'"):
            project.ask("agent.add", entry="fast-agent")
        server.shutdown()
    assert "newcomer" in listed(project), "the registry is not read again"


@pytest.mark.promise("G12.registry", "X5")
def test_the_registry_of_untrusted_settings_is_ignored(project: Project, tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text(json.dumps({"agents": [ENTRY]}))
    settings = {"registry": str(tmp_path / "registry.json"), "default": "gemini"}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps({"agents": settings}))
    project.reopen()
    with pytest.raises(ValidationError, match="in the registry that comes with Podium"):
        project.ask("agent.add", entry="newcomer")


def changed(**more: Any) -> Json:
    return {**ENTRY, **more}


def distributed(**more: Any) -> Json:
    return changed(distribution=more)


EVIL: dict[str, tuple[Json, str]] = {
    "the name of a built-in agent": (changed(id="claude"), "The name 'claude' is taken"),
    "the name of the script player": (changed(id="playbook"), "The name 'playbook' is taken"),
    "the package of a built-in agent": (
        distributed(npx={"package": "@agentclientprotocol/codex-acp@2.6.0"}),
        "Newcomer is built in as 'codex'",
    ),
    "a path as a name": (changed(id="../../x"), "does not contain agents"),
    "an option as a package": (distributed(npx={"package": "--evil"}), "does not contain agents"),
    "a command as a package": (distributed(uvx={"package": "a; b"}), "does not contain agents"),
    "a variable that loads code": (
        distributed(npx={"package": "a", "env": {"NODE_OPTIONS": "-r x"}}),
        "Newcomer cannot be added",
    ),
    "another platform": (
        distributed(binary={"plan9-mips": {"archive": "https://x.example/a", "cmd": "./a"}}),
        "Newcomer cannot be added",
    ),
    "no way to get it": (distributed(), "Newcomer cannot be added"),
    "no agents at all": ({"agents": "none"}, "does not contain agents"),
}


@pytest.mark.promise("G12.file")
@pytest.mark.parametrize("name", EVIL)
def test_an_entry_that_cannot_be_used_is_not_kept(
    project: Project, tmp_path: Path, clean_environment: Path, name: str
) -> None:
    entry, error = EVIL[name]
    path = tmp_path / "agent.json"
    path.write_text(json.dumps(entry))
    with pytest.raises(ValidationError, match=error):
        project.ask("agent.add", entry=str(path))
    assert added_files(clean_environment) == []


@pytest.mark.promise("G12.file")
def test_a_link_in_the_settings_folder_is_not_followed(
    project: Project, tmp_path: Path, clean_environment: Path
) -> None:
    (tmp_path / "outside").mkdir()
    podium_folder = clean_environment / ".config" / "podium"
    podium_folder.mkdir(parents=True)
    (podium_folder / "agents").symlink_to(tmp_path / "outside")
    with pytest.raises(PathOutsideWorkspace, match="is a symlink"):
        project.ask("agent.add", entry="fast-agent")
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.promise("G12.registry")
def test_every_entry_of_the_registry_that_comes_with_podium_can_be_used() -> None:
    entries = read_entries(snapshot())
    assert len(entries) >= 15
    for entry in entries:
        start = how_to_start(entry, "linux-x86_64")
        assert entry.license
        assert re.search(rf"(@|==){re.escape(entry.version)}$", start.install_hint)
