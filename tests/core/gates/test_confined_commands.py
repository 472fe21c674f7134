"""Commands of gates in a real sandbox: what they can do, and that they cannot break out."""

import os
import shlex
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from podium.gates.command import CommandResult, run_command
from podium.model.sandbox import CommandKind, Sandbox
from podium.platform.sandbox.places import confine_command
from tests.support.repositories import git
from tests.support.sandboxes import (
    SECRET,
    SECRET_PLACES,
    WORKTREE,
    listening,
    living,
    make_worktree,
    needs_bubblewrap,
    sandbox,
)

pytestmark = [needs_bubblewrap, pytest.mark.on_disk]


@dataclass(frozen=True)
class Stage:
    """A worktree of a repository, in a home with secrets.

    Args:
        home: the user's home folder.
        checkout: the user's checkout.
        worktree: a worktree of it, in the cache folder.
    """

    home: Path
    checkout: Path
    worktree: Path

    @property
    def temporary(self) -> Path:
        return self.checkout / ".git" / "worktrees" / WORKTREE / "podium-temp"

    def run(
        self,
        script: str,
        *,
        found: Sandbox | None = None,
        folder: Path | None = None,
        seconds: float = 60,
    ) -> CommandResult:
        """Run a shell script as a gate."""
        place = folder or self.worktree
        confinement = confine_command(
            found or sandbox(), CommandKind.GATES, place, [str(self.temporary)]
        )
        command = ["sh", "-c", script]

        async def go() -> CommandResult:
            return await run_command(
                command,
                place,
                timeout_seconds=seconds,
                variables={"PODIUM_TEMP": str(self.temporary)},
                confinement=confinement,
            )

        return anyio.run(go)


@pytest.fixture
def stage(clean_environment: Path, tmp_path: Path) -> Stage:
    home = clean_environment
    checkout, worktree = make_worktree(home, tmp_path)
    for name in (".podium/run/key", ".env.local"):
        place = checkout / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{SECRET}\n")
    made = Stage(home, checkout, worktree)
    made.temporary.mkdir()
    return made


ALLOWED = {
    "write its files": "echo b > b.txt && mkdir new && rm a.txt && git status --porcelain",
    "read the history": "git log --oneline && git diff && git show HEAD:a.txt",
    "use temporary files": 'mktemp && echo a > /tmp/a && echo a > "$PODIUM_TEMP/a"',
    "read the rest of the disk": "test -r /etc/passwd && ls / && ls ~",
    "start programs of this machine": f"{shlex.quote(sys.executable)} -c 'import json'",
    "use its own loopback": (
        f"{shlex.quote(sys.executable)} -c '"
        'import socket as s; a = s.create_server(("127.0.0.1", 0)); '
        "s.create_connection(a.getsockname())'"
    ),
}


@pytest.mark.promise("X6.linux", "X6.files")
@pytest.mark.parametrize("name", ALLOWED)
def test_what_a_command_needs_works(stage: Stage, name: str) -> None:
    result = stage.run(ALLOWED[name])
    assert result.exit_code == 0, result.output


WRITES = {
    "the home folder": "{home}/x",
    "the checkout": "{checkout}/x",
    "the common git folder": "{checkout}/.git/x",
    "a hook": "{checkout}/.git/hooks/pre-commit",
    "the settings of git": "{checkout}/.git/config",
    "its own index": f"{{checkout}}/.git/worktrees/{WORKTREE}/index",
    "the link to git": "{worktree}/.git",
    "the system": "/etc/x",
    "podium's programs": f"{sys.prefix}/x",
}


@pytest.mark.promise("X6.linux", "X6.files")
@pytest.mark.parametrize("name", WRITES)
def test_nothing_outside_the_worktree_can_be_written(stage: Stage, name: str) -> None:
    places = {"home": stage.home, "checkout": stage.checkout, "worktree": stage.worktree}
    target = Path(WRITES[name].format(**places))
    before = target.read_bytes() if target.exists() else None
    for script in (f"echo x > {target}", f"rm -f {target} && echo x > {target}", f"mv b {target}"):
        result = stage.run(f"echo b > b; {script}")
        assert result.exit_code != 0, result.output
        assert (target.read_bytes() if target.exists() else None) == before


GIT_WRITES = {
    "commit": "git add -A && git commit -m x",
    "branch": "git branch other",
    "reference": "git update-ref refs/heads/other HEAD",
    "settings": "git config core.hooksPath /tmp",
}


@pytest.mark.promise("X6.files")
@pytest.mark.parametrize("name", GIT_WRITES)
def test_git_cannot_write_the_repository(stage: Stage, name: str) -> None:
    before = git(stage.checkout, "for-each-ref"), (stage.checkout / ".git/config").read_text()
    result = stage.run(f"echo b > b.txt; {GIT_WRITES[name]}")
    assert result.exit_code != 0, result.output
    after = git(stage.checkout, "for-each-ref"), (stage.checkout / ".git/config").read_text()
    assert after == before


@pytest.mark.promise("X6.linux", "X6.files")
@pytest.mark.parametrize("name", [*SECRET_PLACES, "app/.podium/run/key", "app/.env.local"])
def test_no_secret_can_be_read(stage: Stage, name: str) -> None:
    found = stage.home / name
    place = found if found.exists() else stage.checkout.parent / name
    assert SECRET in place.read_text()
    result = stage.run(f"cat {place}; ls -la {place.parent}; grep -r {SECRET} ~ {stage.checkout}")
    assert SECRET not in result.output


CONNECT = "{python} -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 30)'"


@pytest.mark.promise("X6.linux", "X6.network")
def test_loopback_is_out_of_reach_unless_the_network_is_allowed(stage: Stage) -> None:
    with listening() as port:
        script = CONNECT.format(python=shlex.quote(sys.executable), port=port)
        assert stage.run(script, found=sandbox(CommandKind.GATES)).exit_code == 0
        refused = stage.run(script, found=sandbox(CommandKind.AGENTS))
    assert refused.exit_code != 0
    assert "refused" in refused.output


OWN_SANDBOX = "bwrap --unshare-user --bind / / --bind / /mnt sh -c"
UNDOINGS = {
    "uncover": "unshare -Um sh -c 'umount {home}/.ssh && cat {home}/.ssh/id_ed25519'",
    "uncover all": "unshare -Um sh -c 'umount -l {home} && cat {home}/.ssh/id_ed25519'",
    "make writable": f"{OWN_SANDBOX} 'echo x > {{home}}/x'",
    "make git writable": f"{OWN_SANDBOX} 'echo x > {{checkout}}/.git/x'",
    "look elsewhere": f"{OWN_SANDBOX} 'cat /mnt{{home}}/.ssh/id_ed25519'",
}


@pytest.mark.promise("X6.linux", "X6.files")
@pytest.mark.parametrize("name", UNDOINGS)
def test_a_command_with_a_namespace_of_its_own_cannot_undo_the_mounts(
    stage: Stage, name: str
) -> None:
    """As root, a command cannot even make a sandbox of its own."""
    assert stage.run("unshare -Um true").exit_code == 0
    result = stage.run(UNDOINGS[name].format(home=stage.home, checkout=stage.checkout))
    assert result.exit_code != 0, result.output
    assert SECRET not in result.output
    assert not (stage.home / "x").exists()
    assert not (stage.checkout / ".git" / "x").exists()


@pytest.mark.promise("X6.linux")
def test_processes_outside_cannot_be_seen_or_killed(stage: Stage) -> None:
    outside = subprocess.Popen(["sleep", "600.5"])
    try:
        result = stage.run(f"kill -9 {outside.pid}; cat /proc/*/cmdline | tr '\\0' ' '")
        assert "sleep 600.5" not in result.output.replace(f"kill -9 {outside.pid}", "")
        assert outside.poll() is None
    finally:
        outside.kill()
        outside.wait()


def test_the_sockets_of_other_programs_are_out_of_reach(stage: Stage) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(stage.checkout.parent / "socket"))
        server.listen()
        connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        script = f"{shlex.quote(sys.executable)} -c '{connect}' {server.getsockname()}"
        assert "No such file" in stage.run(script).output
    assert stage.run("ls /run/user /run/dbus /run/docker.sock").exit_code != 0


@pytest.mark.promise("X6.files")
def test_a_command_in_the_checkout_can_change_files_and_not_git(stage: Stage) -> None:
    """As when an assistant completes a task: the gates run in the checkout itself."""
    script = "echo b > b.txt && ! touch .git/x && ! touch .podium/x && ! touch .podium/run/x"
    result = stage.run(f"{script}; touch .git/x", folder=stage.checkout)
    assert result.exit_code != 0
    assert (stage.checkout / "b.txt").exists()
    assert not (stage.checkout / ".git/x").exists()


@pytest.mark.promise("X6.files")
def test_the_settings_make_places_writable_and_hide_others(stage: Stage) -> None:
    for name in ("cache", "private"):
        (stage.home / name).mkdir()
        (stage.home / name / "a").write_text("a\n")
    found = sandbox(writable=("~/cache",), hidden=("~/private",))
    result = stage.run("echo b > ~/cache/b && ! cat ~/private/a", found=found)
    assert result.exit_code == 0, result.output
    assert (stage.home / "cache" / "b").read_text() == "b\n"


@pytest.mark.promise("G6", "X6.linux")
@pytest.mark.parametrize(
    ("script", "code"), [("exit 3", 3), ("kill -9 $$", 128 + 9), ("true", 0), ("kill -15 $$", 143)]
)
def test_the_exit_code_is_that_of_the_command(stage: Stage, script: str, code: int) -> None:
    assert stage.run(script).exit_code == code


def test_a_command_that_does_not_exist_says_so(stage: Stage) -> None:
    confinement = confine_command(sandbox(), CommandKind.GATES, stage.worktree)

    async def go() -> CommandResult:
        return await run_command(
            ["no-such-program"], stage.worktree, timeout_seconds=60, confinement=confinement
        )

    result = anyio.run(go)
    assert result.exit_code is None
    assert result.trouble == "no-such-program cannot be started: No such file or directory"


@pytest.mark.promise("G6", "X6.linux")
def test_a_command_over_its_time_may_clean_up_and_is_ended_with_all_it_started(
    stage: Stage,
) -> None:
    script = (
        "trap 'echo bye > said; exit' TERM; "
        "setsid nohup sleep 600.25 >/dev/null 2>&1 & sleep 600.25 & wait"
    )
    result = stage.run(script, seconds=1)
    assert result.exit_code is None
    assert (stage.worktree / "said").read_text() == "bye\n"
    assert living("sleep 600.25") == []


@pytest.mark.promise("G6")
def test_what_a_command_leaves_behind_is_ended(stage: Stage) -> None:
    result = stage.run("setsid nohup sleep 600.75 >/dev/null 2>&1 & exit 0")
    assert result.exit_code == 0
    assert living("sleep 600.75") == []


LIMITS = {
    "memory": ("bytearray(300_000_000)", {"memory_megabytes": 100}),
    "processor": ("[None for _ in iter(int, 1)]", {"processor_seconds": 1}),
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("mode", ["off", "auto"])
def test_memory_and_processor_time_are_limited(stage: Stage, name: str, mode: str) -> None:
    expression, limits = LIMITS[name]
    script = f"{shlex.quote(sys.executable)} -c {shlex.quote(expression)}"
    assert stage.run(script, found=sandbox(mode=mode, **limits)).exit_code not in (0, None)
    harmless = f"{shlex.quote(sys.executable)} -c 'bytearray(1_000_000)'"
    assert stage.run(harmless, found=sandbox(mode=mode, **limits)).exit_code == 0


def test_a_link_to_the_checkout_stays_writable(stage: Stage) -> None:
    """As the setting `worktree.link_ignored` wants it."""
    shared = stage.checkout / "shared"
    shared.mkdir()
    os.symlink(shared, stage.worktree / "shared")
    found = sandbox().model_copy(update={"linked": (str(shared),)})
    result = stage.run("echo a > shared/a && ! echo a > ../../../../../app/x", found=found)
    assert result.exit_code == 0, result.output
    assert (shared / "a").read_text() == "a\n"


CHOOSES = {
    "a folder with secrets": ".podium -> {home}/.ssh; cat {home}/.ssh/id_ed25519",
    "the whole disk": ".podium -> /; ls {outside}",
    "what a writable folder contains": "{home}/cache/inner -> {home}/.ssh; echo x > {home}/.ssh/x",
}
"""A symlink that a command makes, and what the next one must not be able to do then."""


@pytest.mark.promise("X6.linux", "X6.files", "X1.links")
@pytest.mark.parametrize("name", CHOOSES)
def test_a_symlink_of_a_command_does_not_choose_what_the_next_one_reaches(
    stage: Stage, name: str
) -> None:
    inner = stage.home / "cache" / "inner"
    inner.mkdir(parents=True)
    found = sandbox(writable=("~/cache", "~/cache/inner"))
    with tempfile.NamedTemporaryFile() as outside:
        text = CHOOSES[name].format(home=stage.home, outside=outside.name)
        link, _, after = text.partition("; ")
        place, _, target = link.partition(" -> ")
        made = stage.run(f"rm -rf {place} && ln -s {target} {place} && ls -l {place}", found=found)
        assert made.exit_code == 0, made.output
        result = stage.run(after, found=found)
    assert result.exit_code != 0, result.output
    assert SECRET not in result.output
    assert not (stage.home / ".ssh" / "x").exists()
