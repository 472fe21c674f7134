"""Following a run in a terminal: Ctrl-C detaches, a second one cancels, and the run is unharmed."""

import os
import pty
import re
import select
import signal
import subprocess
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from podium.app import Connection, Cursor, Delivery, Filter
from podium.errors import ToolError
from podium.events.subscription import EVERYTHING
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from podium_cli.watch.follow import OutputMode, follow
from tests.support.commands import PODIUM
from tests.support.kills import kill_runner
from tests.support.projects import ADA, Project, task, write

SLOW = [task("slow"), task("after", "slow")]


def waiting_for(gate: Path) -> dict[str, Any]:
    """Return what the agent does: its first task is not done before a file is there."""
    wait = {"run": ["sh", "-c", f"until [ -e '{gate}' ]; do sleep 0.05; done"]}
    return {
        "slow": [[wait, write("a.py", "a = 1\n")]],
        "after": [[write("b.py", "b = 1\n")]],
    }


class Terminal:
    """A command at a terminal of its own.

    Args:
        process: the command.
        screen: our end of its terminal.
    """

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process = process
        self._screen = screen
        self.text = ""

    def wait_text(self, pattern: str) -> None:
        """Read until the terminal has shown something; ends with the suite's patience of 60 s."""
        while not re.search(pattern, self.text):
            ready, _, _ = select.select([self._screen], [], [], 60)
            assert ready, f"{pattern!r} was not shown: {self.text[-2000:]}"
            self._read()

    def wait_end(self) -> int:
        """Read until the command ends and return its exit code."""
        while self.process.poll() is None:
            ready, _, _ = select.select([self._screen], [], [], 0.05)
            if ready:
                self._read()
        return self.process.returncode

    def type(self, text: str) -> None:
        """Type on the terminal's keyboard."""
        os.write(self._screen, text.encode())

    def press_ctrl_c(self) -> None:
        """Do what the terminal does on Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def _read(self) -> None:
        try:
            self.text += os.read(self._screen, 65536).decode("utf-8", "replace")
        except OSError:
            assert self.process.wait(timeout=300) is not None


@contextmanager
def terminal(project: Project, *words: str) -> Generator[Terminal]:
    """Run a command at a terminal of 100 columns."""
    screen, other = pty.openpty()
    process = subprocess.Popen(
        [*PODIUM, *words],
        cwd=project.root,
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
        env={**os.environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color"},
    )
    os.close(other)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


@pytest.mark.promise("R13.terminal", "R7.detached")
def test_ctrl_c_detaches_and_the_run_goes_on(project: Project, tmp_path: Path) -> None:
    project.plan(SLOW, waiting_for(tmp_path / "gate"))
    with terminal(project, "run") as shown:
        shown.wait_text("executing")
        shown.press_ctrl_c()
        shown.wait_text("Detached: the run continues")
        assert shown.wait_end() == 0
    status = project.ask("run.status")
    assert status.state is RunState.RUNNING
    (tmp_path / "gate").touch()
    assert project.wait_run(status.run_id, lambda now: now.ended).state is RunState.COMPLETED


@pytest.mark.promise("R7.cancel")
def test_a_second_ctrl_c_cancels(project: Project) -> None:
    project.plan(SLOW, {"slow": [[{"hang": True}]], "after": [[]]})
    with terminal(project, "run") as shown:
        shown.wait_text("executing")
        shown.press_ctrl_c()
        shown.wait_text("Detached")
        shown.press_ctrl_c()
        shown.wait_text("Cancelling")
        assert shown.wait_end() == 1
    assert project.ask("run.status").state is RunState.CANCELLED


@pytest.mark.promise("R13.terminal")
def test_the_terminal_shows_live_bars_with_what_the_agent_does(project: Project) -> None:
    script = {"one": [[{"say": "Counting beans"}, {"delay": 0.8}, write("a.py", "a = 1\n")]]}
    project.plan([task("one")], script)
    with terminal(project, "run") as shown:
        shown.wait_text("━")
        shown.wait_text("Counting beans")
        shown.wait_text("1/1 done")
        assert shown.wait_end() == 0


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize(("answer", "state", "code"), [("y", "approved", 0), ("n", "draft", 1)])
def test_at_a_terminal_approving_shows_the_plan_and_asks(
    project: Project, answer: str, state: str, code: int
) -> None:
    project.ask("plan.create", objective="Test", tasks=SLOW)
    with terminal(project, "approve") as shown:
        shown.wait_text(r"Do slow[\s\S]*Approve this version\?")
        shown.type(f"{answer}\n")
        assert shown.wait_end() == code
    assert project.ask("plan.show").state == state


@pytest.mark.promise("R7.kill")
def test_a_run_whose_runner_was_killed_is_taken_up_by_whoever_follows_it(
    project: Project, tmp_path: Path
) -> None:
    project.plan(SLOW, waiting_for(tmp_path / "gate"))
    run_id = project.ask("run.start").run_id
    project.wait_run(run_id, lambda now: now.tasks[0].step == "execute")
    kill_runner(project.root)
    (tmp_path / "gate").touch()

    with terminal(project, "run", "--plain") as shown:
        assert shown.wait_end() == 0

    assert project.ask("run.status").state is RunState.COMPLETED


class LateListener(Connection):
    """A connection whose changes arrive only after the run was seen to have ended."""

    seen_ended: anyio.Event

    async def ask(self, operation_id: str, **params: Any) -> Any:
        result = await super().ask(operation_id, **params)
        if operation_id == "run.status" and result.ended:
            self.seen_ended.set()
        return result

    def follow(self, cursor: Cursor | None = None, wanted: Filter = EVERYTHING) -> Any:
        async def late() -> AsyncIterator[Delivery]:
            await self.seen_ended.wait()
            for _ in range(50):
                await anyio.lowlevel.checkpoint()
            async for delivery in Connection.follow(self, cursor, wanted):
                yield delivery

        return late()


def test_the_closing_line_is_printed_though_the_end_is_seen_before_the_changes(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_id = project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]})
    connection = LateListener(project.root, ADA)
    cursor = connection.cursor()
    run_id = project.run_to_end(plan_id).run_id
    capsys.readouterr()

    async def watch() -> RunStatus:
        connection.seen_ended = anyio.Event()
        return await follow(connection, run_id, cursor, OutputMode.PLAIN)

    status = anyio.run(watch)
    connection.close()

    assert status.state is RunState.COMPLETED
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("✓ run completed")
    assert any("one" in line and "done" in line for line in lines)


class Broken(Connection):
    """A connection to a project that cannot be read any more."""

    async def ask(self, operation_id: str, **params: Any) -> Any:
        raise ToolError(f"no {operation_id}")


def test_an_error_while_following_is_reported_as_it_is(project: Project) -> None:
    connection = Broken(project.root, ADA)
    with pytest.raises(ToolError, match=r"no run\.status"):
        anyio.run(follow, connection, "r-1", connection.cursor(), OutputMode.SILENT)
    connection.close()
