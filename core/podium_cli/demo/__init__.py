"""`podium demo`: plan, run and land on a sample repository, with the embedded agent.

Runs the commands that a user would type, each in its own process.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from podium.errors import GitError
from podium_cli.render.style import console, escaped

TEST_COMMAND = "python3 -m unittest -q"


def run_demo(*, keep: bool, plain: bool) -> int:
    """Run the demonstration and return its exit code.

    Args:
        keep: keep the sample repository.
        plain: print lines instead of live progress bars.
    """
    folder = Path(tempfile.mkdtemp(prefix="podium-demo-"))
    began = time.monotonic()
    try:
        return _Demo(folder, plain=plain).run()
    finally:
        seconds = time.monotonic() - began
        if keep:
            console().print(f"\n[quiet]The sample repository is in[/] {folder / 'todo'}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        console().print(f"[quiet]The demonstration took {seconds:.1f} s.[/]")


class _Demo:
    """The steps of the demonstration, in order.

    Args:
        folder: an empty folder for the repository, caches and state.
        plain: print lines instead of live progress bars.
    """

    def __init__(self, folder: Path, *, plain: bool) -> None:
        self._root = folder / "todo"
        self._plain = plain
        self._playbook = folder / "playbook.yaml"
        self._environment = _private_environment(folder)

    def run(self) -> int:
        """Run every step; stop at the first failure."""
        self._make_sample()
        steps = (
            ("Make the repository a project", f"init --test {shlex.quote(TEST_COMMAND)}"),
            ("Draft a plan", f"plan --playbook {self._playbook}"),
            ("Approve exactly this version", "approve --yes"),
            ("Run it: two agents in parallel, each in its own worktree", self._run_command()),
            ("Problems that the gates found", "findings status:fixed"),
            ("Land the result on the branch, after a preview", "land --yes"),
            ("Report", "report"),
            ("Check that it is complete", "check"),
        )
        for number, (title, words) in enumerate(steps, 1):
            code = self._step(number, title, words)
            if code != 0:
                console().print(f"[bad]✗ The demonstration stopped: exit code {code}[/]")
                return code
        return self._show_result()

    def _run_command(self) -> str:
        return "run --max-parallel 2" + (" --plain" if self._plain else "")

    def _step(self, number: int, title: str, words: str) -> int:
        shown = words.replace(str(self._playbook), self._playbook.name)
        console().print(f"\n[head]{number}. {escaped(title)}[/]")
        console().print(f"[quiet]$[/] [next]podium {escaped(shown)}[/]\n")
        command = [sys.executable, "-P", "-m", "podium_cli", *shlex.split(words)]
        return subprocess.run(
            command, cwd=self._root, env=self._environment, check=False
        ).returncode

    def _make_sample(self) -> None:
        data = files("podium_cli.demo")
        yaml: Any = YAML(typ="safe")
        content: dict[str, str] = yaml.load(data.joinpath("sample.yaml").read_text())
        for name, text in content.items():
            path = self._root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._playbook.write_text(data.joinpath("playbook.yaml").read_text())
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", "feat: a to-do list")
        console().print("[head]Podium[/]: an objective becomes checked, landed work.")
        console().print("[quiet]A sample repository, the embedded agent; no model, no network.[/]")

    def _show_result(self) -> int:
        console().print("\n[head]The branch now contains[/]")
        console().print(f"[quiet]{escaped(self._git('log', '--oneline', '--no-decorate'))}[/]")
        for words in (["add", "Buy milk"], ["list", "--json"]):
            command = [sys.executable, "-m", "todo", *words]
            console().print(f"[quiet]$[/] [next]python -m todo {shlex.join(words)}[/]")
            done = subprocess.run(command, cwd=self._root, env=self._environment, check=False)
            if done.returncode != 0:
                return 1
        console().print("\n[good]✓ The objective is met, with evidence.[/]")
        return 0

    def _git(self, *words: str) -> str:
        identity = ("-c", "user.name=Podium demo", "-c", "user.email=demo@localhost")
        try:
            done = subprocess.run(
                ["git", *identity, *words],
                cwd=self._root,
                env=self._environment,
                check=True,
                capture_output=True,
                text=True,
            )
        except FileNotFoundError as error:
            raise GitError("git is not installed", hints=["podium doctor"]) from error
        return done.stdout.rstrip()


def _private_environment(folder: Path) -> dict[str, str]:
    """Return an environment that neither reads nor writes the user's files."""
    own = {
        "XDG_CACHE_HOME": folder / "cache",
        "XDG_STATE_HOME": folder / "state",
        "XDG_CONFIG_HOME": folder / "config",
        "GIT_CONFIG_GLOBAL": folder / "gitconfig",
    }
    (folder / "gitconfig").write_text("[user]\n\tname = Podium demo\n\temail = demo@localhost\n")
    # The playbook has no consultant: the next attempt fixes the problems that a gate found.
    settings = {"PODIUM_MAX_RECOVERY_ATTEMPTS": "0"}
    return {**os.environ, **{name: str(path) for name, path in own.items()}, **settings}
