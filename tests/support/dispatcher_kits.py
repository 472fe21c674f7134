"""What the conformance suite of dispatchers needs of each of them.

Whoever adds a dispatcher adds a kit here; the suite is `tests/core/agents/test_conformance.py`.
"""

import json
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path

import psutil

from podium.agents.local_dispatcher import LocalDispatcher
from podium.agents.shim_starts import DirectStarter, ForkServer
from podium.model.agents import ROLE_PERMISSIONS, AgentRequest, Role
from podium.platform.process.process_tree import end_tree
from podium.platform.process.processes import mark_of, wait_ended
from podium.ports.dispatcher import Dispatcher
from tests.support.projects import Json


def playbook_request(
    place: Path, work: Path, ledger: Path, name: str, *steps: Json
) -> AgentRequest:
    """Return the request for a call with a script.

    Args:
        place: where the script is written.
        work: the working folder.
        ledger: records the beginning and the end of the call.
        name: of the call's task.
        steps: what the agent does.
    """
    script = place / f"{name}.json"
    script.write_text(json.dumps({"version": 1, "tasks": {name: [[*steps]]}}))
    return AgentRequest(
        key=f"r-1/{name}/1/execute",
        agent="playbook",
        role=Role.EXECUTOR,
        prompt="do it",
        folder=str(work),
        task_id=name,
        permissions=ROLE_PERMISSIONS[Role.EXECUTOR],
        options={"playbook": str(script), "ledger": str(ledger)},
    )


class Kit(ABC):
    """A dispatcher, and what the suite has to do behind its back.

    Args:
        place: an empty folder.
    """

    makes_worktrees = False
    """Whether it carries out requests that name a commit and no folder."""
    shows_processes = False
    """Whether its processes are recognised by what the system shows of them."""
    victims: tuple[str, ...] = ()
    """What can die during a call; `kill` takes these names."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.work = place / "work"
        self.work.mkdir()
        self._ledger = place / "ledger"
        self._on_close = ExitStack()

    def close(self) -> None:
        """Give back what the kit holds."""
        self._on_close.close()

    @abstractmethod
    def connect(self) -> Dispatcher:
        """Return another dispatcher of the same calls, as a new runner has it."""

    @abstractmethod
    def kill(self, victim: str, key: str) -> None:
        """Kill one process of a call, and wait for its end."""

    @abstractmethod
    def kill_everything(self, key: str) -> None:
        """Kill all processes of a call at once, as the end of the machine does."""

    def request(self, name: str, *steps: Json) -> AgentRequest:
        """Return the request for a call with a script."""
        return playbook_request(self.place, self.work, self._ledger, name, *steps)

    def held(self, name: str) -> AgentRequest:
        """Return the request for a call that goes on until it is released."""
        wait = f"until [ -e {name}.go ]; do sleep 0.05; done"
        return self.request(name, {"run": ["sh", "-c", wait]}, {"say": "done"})

    def release(self, name: str) -> None:
        """Let a held call end."""
        (self.work / f"{name}.go").touch()

    def noted(self, name: str = "") -> list[str]:
        """Return the starts and ends that the agents noted, of one call or of all."""
        if not self._ledger.exists():
            return []
        lines = self._ledger.read_text().splitlines()
        return [line.split()[0] for line in lines if f"/{name}/" in line or not name]


class LocalKit(Kit):
    """The dispatcher of this machine; each shim is a new process."""

    victims: tuple[str, ...] = ("shim", "agent")

    def connect(self) -> LocalDispatcher:
        """Return a dispatcher."""
        return LocalDispatcher(self.place / "calls", DirectStarter())

    def kill(self, victim: str, key: str) -> None:
        """Kill the shim or the agent's process."""
        start = LocalDispatcher(self.place / "calls").folder(key).start()
        assert start is not None
        shim = psutil.Process(start.shim.pid)
        kill_all([shim] if victim == "shim" else shim.children())

    def kill_everything(self, key: str) -> None:
        """Kill the shim and its tree."""
        start = LocalDispatcher(self.place / "calls").folder(key).start()
        assert start is not None
        end_tree(start.shim, term_seconds=0)


class ForkingKit(LocalKit):
    """The dispatcher of this machine as runners have it: a fork server starts the shims."""

    shows_processes = True
    victims = ("shim", "agent", "fork server")

    def connect(self) -> LocalDispatcher:
        """Return a dispatcher with a fork server of its own."""
        forks = self._on_close.enter_context(ForkServer())
        return LocalDispatcher(self.place / "calls", forks)

    def kill(self, victim: str, key: str) -> None:
        """Kill the shim, the agent's process or the fork server."""
        if victim != "fork server":
            return super().kill(victim, key)
        return kill_all(fork_servers())


def fork_servers(parent: psutil.Process | None = None) -> list[psutil.Process]:
    """Return the living fork servers that a process started."""
    return [each for each in (parent or psutil.Process()).children() if _is_fork_server(each)]


def _is_fork_server(process: psutil.Process) -> bool:
    try:
        return "fork-server" in process.cmdline()
    except psutil.Error:
        return False  # it has ended


def kill_all(processes: list[psutil.Process]) -> None:
    """Kill processes and wait until they have ended."""
    assert processes
    marks = [mark_of(each.pid) for each in processes]
    for process, mark in zip(processes, marks, strict=True):
        process.kill()
        assert mark is None or wait_ended(mark, seconds=60)


KITS: dict[str, type[Kit]] = {"local": LocalKit, "local-forking": ForkingKit}
