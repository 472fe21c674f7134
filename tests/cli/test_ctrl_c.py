"""Ctrl-C at a question ends the command at once, and nothing is decided."""

import os
import pty
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.commands import PODIUM
from tests.support.projects import Project, task, write
from tests.support.waiting import wait_for

CTRL_C = b"\x03"
VAIN_SECONDS = 300.0


@dataclass
class Terminal:
    """A command that runs in a terminal of its own."""

    master: int
    process: subprocess.Popen[bytes]
    seen: bytes = b""

    def wait_for(self, text: bytes) -> None:
        """Read what the terminal shows until a text occurs."""
        while text not in self.seen:
            self.seen += self._read()

    def interrupt(self) -> None:
        """Press Ctrl-C once the command reads.

        The question is shown before its answer is read, and a person is never quicker than that.
        """
        wait_for(lambda: psutil.Process(self.process.pid).status() == psutil.STATUS_SLEEPING)
        os.write(self.master, CTRL_C)

    def rest(self) -> str:
        """Return everything that was shown, once the command has ended."""
        while True:
            try:
                self.seen += self._read()
            except OSError:  # Linux's way to say that nobody has the other side open
                break
        os.close(self.master)
        return self.seen.decode()

    def _read(self) -> bytes:
        """Return what is shown next; the limit only ends a vain wait."""
        readable, _, _ = select.select([self.master], [], [], VAIN_SECONDS)
        assert readable, self.seen.decode()
        return os.read(self.master, 4096)


def in_terminal(folder: Path, *words: str) -> Terminal:
    """Start a command line with a terminal of its own, whose keys send signals."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        # A leader of a session gets the first terminal that it opens as the controlling one.
        ["sh", "-c", ': <"$0" && exec "$@"', os.ttyname(slave), *PODIUM, *words],
        cwd=folder,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    return Terminal(master, process)


QUESTIONS = {
    "approve": (["approve"], b"Approve this version?"),
    "land": (["land"], b"Land this on"),
    "reset": (["reset"], b"[y/N]"),
}


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_the_first_ctrl_c_at_a_question_ends_it(project: Project, name: str) -> None:
    words, question = QUESTIONS[name]
    script = {"one": [[write("a.py", "a = 1\n")]]}
    plan = project.plan([task("one")], script)
    if name == "land":
        project.run_to_end(plan)
    if name == "approve":
        edit = {"op": "change", "task_id": "one", "fields": {"title": "Other"}}
        project.ask("plan.update", plan=plan, edits=[edit])
    before = project.ask("plan.show").state
    terminal = in_terminal(project.root, *words)
    terminal.wait_for(question)

    terminal.interrupt()

    assert "Interrupted." in terminal.rest()
    assert terminal.process.wait() == 130
    assert project.ask("plan.show").state == before
    assert not (project.root / "a.py").exists()
