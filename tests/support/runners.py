"""Runners that a test starts, changes and kills."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from podium.model.rules.steps import Tree
from podium.runs.runner_lock import runner_pid
from tests.support.goldens import ROOT
from tests.support.projects import Project
from tests.support.waiting import wait_for

PROGRAM = ROOT / "tests" / "e2e" / "programs" / "changed_runner.py"


class Runners:
    """Starts runners of a project, one after the other.

    Args:
        project: the project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._latest: subprocess.Popen[bytes] | None = None

    def start(self, tree: Tree | None = None, *, under: Sequence[str] = ()) -> int:
        """Start a runner, wait until it is the project's runner, and return its process id.

        Args:
            tree: the steps of every attempt, if not the usual ones.
            under: a program that starts it, with its arguments.
        """
        text = [] if tree is None else [TypeAdapter[Tree](Tree).dump_json(tree).decode()]
        command = [*under, sys.executable, "-P", str(PROGRAM), str(self._project.root), *text]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._latest = process
        wait_for(lambda: runner_pid(self._project.root) == process.pid or process.poll())
        return process.pid

    def exit_code(self) -> int | None:
        """Return the exit code of the latest runner, or None while it lives."""
        return None if self._latest is None else self._latest.poll()

    @property
    def log(self) -> Path:
        """What the runners printed."""
        return self._project.root.parent / "runner.log"

    def kill(self) -> None:
        """Kill the latest runner with SIGKILL, if it lives."""
        if self._latest is not None:
            self._latest.kill()
            self._latest.wait()


@pytest.fixture
def runners(project: Project) -> Iterator[Runners]:
    """Give the runners of the project; the latest one is killed in the end."""
    made = Runners(project)
    yield made
    made.kill()
