"""Who is a person: by the marks of the environment and by descent, on values and real processes."""

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from podium.app.actors import actor_of, agent_of
from podium.app.agent_signs import AGENT_MARKS, AGENTS, PROFILE_SIGNS
from podium.app.processes_above import Process, processes_above
from podium.runs.integration.branch import integration_branch
from podium_adapters.acp.profile import load_profile, profile_names
from tests.core.app import profile_signs
from tests.support.goldens import Goldens
from tests.support.projects import Project, task
from tests.support.repositories import git

PODIUM = Path(sys.executable).with_name("podium")


def process(*arguments: str, title: str = "", marks: tuple[str, ...] = ()) -> Process:
    names = {Path(arguments[0]).name, title} - {""}
    return Process(7, frozenset(names), arguments, frozenset(marks))


AGENTS_SEEN = {
    "a native program": (process("/srv/ada/.local/bin/claude", "-p", "x"), "claude"),
    "a version's file, by its title": (process("/opt/versions/2.0.1", title="claude"), "claude"),
    "a script of node": (process("node", "/usr/local/bin/gemini"), "gemini"),
    "behind an option": (process("node", "--no-warnings", "/usr/bin/qwen"), "qwen"),
    "a package's file": (
        process("/usr/bin/node", "/usr/lib/node_modules/@openai/codex/bin/codex.js"),
        "codex",
    ),
    "a file of another name in the package": (
        process("node", "/lib/node_modules/@google/gemini-cli/dist/index.js"),
        "gemini",
    ),
    "a module of python": (process("python3.12", "-m", "aider"), "aider"),
    "a wrapper": (process("/bin/sh", "/usr/local/bin/copilot"), "copilot"),
    "a mark": (process("bash", marks=("CLAUDECODE", "HOME")), "CLAUDECODE"),
    "an agent of any name that Podium runs": (
        process("new-agent", marks=("PODIUM_PROCESS_MARK",)),
        "PODIUM_PROCESS_MARK",
    ),
    "the shim of an agent call": (process("python", "-P", "-m", "podium", "shim", "x"), "podium"),
    "a run's gates": (process("python", "-P", "-m", "podium", "runner", "/app"), "podium"),
}

PEOPLES = {
    "a shell": process("-bash"),
    "a shell in tmux": process("tmux", "new", "-s", "claude", title="tmux: server"),
    "an editor": process("/usr/share/code/code", "--ms-enable-electron-run-as-node", "gemini"),
    "an editor with agents of its own": process("/opt/Cursor/cursor", title="cursor"),
    "an extension's variable in every terminal": process("bash", marks=("CLAUDE_CODE_SSE_PORT",)),
    "a text for a shell": process("bash", "-c", "claude"),
    "a text for node": process("node", "-e", "gemini"),
    "a file that is edited": process("vim", "/srv/ada/bin/claude"),
    "a folder's name": process("node", "/srv/ada/claude/server.js"),
    "an argument": process("python", "server.py", "claude"),
    "the language server": process("python", "-m", "podium", "lsp"),
    "another user's process": process("sshd: ada@pts/0", title="sshd"),
}


@pytest.mark.parametrize("name", AGENTS_SEEN)
def test_an_agent_is_recognised(name: str) -> None:
    seen, sign = AGENTS_SEEN[name]
    assert agent_of(seen) == sign
    actor = actor_of("cli", {}, lambda: [process("bash"), seen, process("systemd")])
    assert (actor.kind, actor.name) == ("agent", sign)


@pytest.mark.parametrize("name", PEOPLES)
def test_a_person_is_not_taken_for_an_agent(name: str) -> None:
    assert agent_of(PEOPLES[name]) == ""


def test_what_is_above_nobody_is_a_persons() -> None:
    assert actor_of("lsp", {"HOME": "/srv/ada"}, lambda: PEOPLES.values()).kind == "person"
    assert actor_of("cli", {"CLAUDECODE": ""}, tuple).kind == "person", "it is not set"


@pytest.mark.parametrize("mark", AGENT_MARKS)
def test_a_mark_is_enough(mark: str) -> None:
    actor = actor_of("cli", {mark: "1"}, tuple)
    assert (actor.kind, actor.name, actor.face) == ("agent", mark, "cli")


def test_what_profiles_say_of_their_agents_is_known(goldens: Goldens) -> None:
    goldens.check(PROFILE_SIGNS, profile_signs.text())
    profiles = [load_profile(name) for name in profile_names()]
    with_a_program = [each for each in profiles if each.command]
    assert len(with_a_program) >= 3
    for profile in with_a_program:
        signs = AGENTS[profile.name]
        assert {*profile.programs, profile.command[0]} <= {*signs.programs}
        assert {*profile.sets_variables} <= {*signs.variables}


def test_the_processes_above_are_read_as_they_are() -> None:
    above = {each.pid: each for each in processes_above()}
    parent = above[os.getppid()]
    assert parent.arguments
    assert os.getpid() not in above


# -- real processes: a program named like an agent asks in ways that leave no mark behind

BARE = f"env -i HOME={{home}} XDG_STATE_HOME={{state}} PATH={os.environ['PATH']}"
ASK = f"{shlex.quote(str(PODIUM))} {{verb}} --yes"
WAYS = {
    "directly": "{ask}",
    "without an environment": "{bare} {ask}",
    "through shells": "sh -c '{bare} sh -c \"{ask}\"'",
    "in a session of its own": "setsid --wait {bare} {ask}",
    "without hangups": "nohup {bare} {ask}",
    "in the background": "{bare} {ask} & wait $!",
}


def fake_agent(folder: Path, script: str) -> Path:
    """Write a program that is called like an agent and runs a shell's script."""
    agent = folder / "bin" / "claude"
    agent.parent.mkdir(exist_ok=True)
    agent.write_text(
        f"#!{sys.executable}\n"
        "import subprocess, sys\n"
        f"sys.exit(subprocess.run(['sh', '-c', {script!r}]).returncode)\n"
    )
    agent.chmod(agent.stat().st_mode | stat.S_IXUSR)
    return agent


def script_of(project: Project, way: str, verb: str) -> str:
    home = os.environ["HOME"]
    bare = BARE.format(home=home, state=os.environ["XDG_STATE_HOME"])
    return WAYS[way].format(bare=bare, ask=ASK.format(verb=verb))


def run_agent(project: Project, script: str) -> "subprocess.CompletedProcess[str]":
    agent = fake_agent(project.root.parent, script)
    return subprocess.run(
        [agent],
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize("way", WAYS)
def test_an_agent_cannot_approve_however_it_asks(project: Project, way: str) -> None:
    plan_id = project.ask("plan.create", objective="x", tasks=[task("one")]).plan.id
    done = run_agent(project, script_of(project, way, "approve"))
    assert done.returncode == 4, done.stderr
    assert "Only a person can approve a plan" in done.stderr
    assert "agent claude" in done.stderr
    assert "terminal that no agent started" in " ".join(done.stderr.split())
    assert project.ask("plan.show", plan=plan_id).state == "draft"


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize("verb", ["reset", "reject -m no"])
def test_an_agent_decides_nothing_else_either(project: Project, verb: str) -> None:
    project.ask("plan.create", objective="x", tasks=[task("one")])
    script = script_of(project, "without an environment", verb)
    done = run_agent(project, script if verb == "reset" else script.replace(" --yes", ""))
    assert done.returncode == 4, done.stderr
    assert "Only a person can" in done.stderr


@pytest.mark.promise("X5")
def test_an_agent_cannot_trust_or_land(project: Project) -> None:
    script = script_of(project, "without an environment", "trust").replace(" --yes", "")
    trusted = run_agent(project, script)
    assert trusted.returncode == 4, trusted.stderr
    assert "Only a person can trust" in trusted.stderr

    plan_id = project.ask("plan.create", objective="x", tasks=[task("one")]).plan.id
    git(project.root, "checkout", "-q", "-b", integration_branch(plan_id))
    (project.root / "new.py").write_text("x = 1\n")
    git(project.root, "add", "new.py")
    git(project.root, "commit", "-q", "-m", "Add x")
    git(project.root, "checkout", "-q", "main")
    landed = run_agent(project, script_of(project, "without an environment", "land"))
    assert landed.returncode == 4, landed.stderr
    assert "Only a person can land work" in landed.stderr
    assert not (project.root / "new.py").exists()


@pytest.mark.promise("P4.approve")
def test_a_person_is_never_refused_by_descent(project: Project) -> None:
    """The same shells, sessions and empty environments, without an agent above them."""
    project.ask("plan.create", objective="x", tasks=[task("one")])
    for way in WAYS:
        done = subprocess.run(
            ["sh", "-c", script_of(project, way, "approve")],
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{way}: {done.stderr}"


def test_what_cannot_be_seen(project: Project) -> None:
    """The limit: a process that left parents, session and environment behind looks like anybody's.

    A person's own scheduled command looks the same, so it is not refused. The history names it.
    """
    plan_id = project.ask("plan.create", objective="x", tasks=[task("one")]).plan.id
    ask = script_of(project, "without an environment", "approve")
    done = project.root.parent / "done"
    # The outer setsid returns at once; what it started is handed to init or a reaper above.
    orphan = f"while [ $(ps -o ppid= -p $$) = $0 ]; do :; done; {ask}; echo $? > {done}"
    script = f"setsid -f sh -c {shlex.quote(orphan)} $$"
    assert run_agent(project, script).returncode == 0
    project_state = wait_for(done)
    assert project_state in {"0", "4"}, "4 where a reaper above is an agent's"
    assert project.ask("plan.show", plan=plan_id).state in {"approved", "draft"}


def wait_for(path: Path) -> str:
    """Return what a process that nobody waits for wrote at its end."""
    while not (path.exists() and (text := path.read_text().strip())):
        os.sched_yield()
    return text
