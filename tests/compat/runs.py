"""A run that the former program starts, with calls that wait until a test lets them go on."""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from podium.operations.run.status import RunStatus
from podium.runs.runner_lock import runner_is_alive, runner_pid
from tests.support.commands import podium
from tests.support.former import Installation
from tests.support.projects import SAMPLE, Json, Project
from tests.support.repositories import git, make_repository
from tests.support.waiting import wait_for


@dataclass
class Stage:
    """A repository with a run of the former program.

    Args:
        project: the repository, as the present program has it.
        plan: the plan's id.
        run: the run's id.
    """

    project: Project
    plan: str = ""
    run: str = ""
    _reader: int | None = None
    _lines: list[str] = field(default_factory=list[str])

    @classmethod
    def make(cls, folder: Path) -> "Stage":
        """Make the repository in an empty folder."""
        stage = cls(Project(make_repository(folder / "app", SAMPLE)))
        os.mkfifo(stage.door)
        return stage

    @property
    def root(self) -> Path:
        """Return the repository's top."""
        return self.project.root

    @property
    def door(self) -> Path:
        """Return the ledger of auditors and consultants: a pipe.

        Such a call waits at its beginning for as long as nobody reads there.
        """
        return self.root.parent / "door"

    def open_door(self) -> None:
        """Let calls of auditors and consultants begin."""
        self._reader = os.open(self.door, os.O_RDWR | os.O_NONBLOCK)

    def close_door(self) -> None:
        """Let those that come wait; no call of theirs may be at work."""
        self._read_door()
        assert self._reader is not None
        os.close(self._reader)
        self._reader = None

    def go(self, *names: str) -> None:
        """Let executors that wait for these names go on."""
        for name in names:
            (self.root.parent / f"go-{name}").touch()

    def steps(self, name: str, *steps: Json) -> list[Json]:
        """Return what an executor does: it writes a mark, waits for its name, takes the steps."""
        here = self.root.parent
        waiting = f"while [ ! -e '{here}/go-{name}' ]; do sleep 0.05; done"
        script = f"echo {name} >> '{here}/marks'; {waiting}"
        return [{"run": ["sh", "-c", script]}, *steps]

    def marks(self) -> Counter[str]:
        """Return how often each executor was carried out."""
        path = self.root.parent / "marks"
        return Counter(path.read_text().split() if path.exists() else ())

    def start(self, former: Installation, tasks: Sequence[Json], playbook: Json, run: Json) -> None:
        """Let the former program make a plan, approve it and start a run of it."""
        path = self.root.parent / "playbook.yaml"
        path.write_text(json.dumps({"version": 1, **playbook}))
        executor = {"playbook": str(path), "ledger": str(self.root.parent / "ledger")}
        waiting = {"agent": "playbook", "options": {**executor, "ledger": str(self.door)}}
        agents = {
            "default": "playbook",
            "options": {"playbook": executor},
            "roles": {"auditor": waiting, "consultant": waiting},
        }
        what = {"settings": {"agents": agents, "run": run}, "tasks": list(tasks)}
        told = former.script("start_run.py.txt", str(self.root), json.dumps(what))
        assert Path(told["program"]).is_relative_to(former.folder)
        self.plan, self.run = told["plan"], told["run"]

    def runner_is_of(self, installation: Installation) -> bool:
        """Tell whether the runner at work was started by that installation."""
        pid = runner_pid(self.root)
        return pid is not None and psutil.Process(pid).cmdline()[0] == str(installation.python)

    def status(self) -> RunStatus:
        """Return where the run stands."""
        found: RunStatus = self.project.ask("run.status", run=self.run)
        return found

    def phases(self) -> dict[str, str]:
        """Return where each task stands."""
        return {each.id: each.doing for each in self.status().tasks}

    def replace_runner(self) -> None:
        """Let the present program go on, as a person would."""
        done = podium(self.root, "run", self.plan, "--detach")
        assert done.returncode == 0, done.stderr

    def end(self) -> RunStatus:
        """Wait for the run's end; a runner that ended before it is replaced, as a person would."""

        def ended() -> bool:
            status = self.status()
            if not status.ended and not runner_is_alive(self.root):
                self.replace_runner()
            return status.ended

        wait_for(ended)
        return self.status()

    def calls(self) -> dict[str, list[str]]:
        """Return by call what its agents wrote down: `start`, and `end` after the reply."""
        self._read_door()
        found: dict[str, list[str]] = {}
        lines = [*(self.root.parent / "ledger").read_text().splitlines(), *self._lines]
        for line in lines:
            word, _, key = line.partition(" ")
            found.setdefault(key, []).append(word)
        return found

    def commits(self, status: RunStatus) -> Counter[str]:
        """Return how often each subject stands in the result's history."""
        span = f"main..{status.integration_branch}"
        return Counter(git(self.root, "log", "--format=%s", span).splitlines())

    def _read_door(self) -> None:
        if self._reader is not None:
            with contextlib.suppress(BlockingIOError):  # nothing was written since
                self._lines += os.read(self._reader, 1 << 20).decode().splitlines()
