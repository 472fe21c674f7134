"""Many processes on one store, for long: through the library and through the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from podium.model import layout
from tests.core.store.samples import new_store, numbers, reopen
from tests.core.store.test_processes import finish, start
from tests.support import torture
from tests.support.projects import Project

PODIUM = Path(sys.executable).with_name("podium")
WORKERS, EACH = 8, 100


@pytest.mark.torture
@pytest.mark.promise("W1")
def test_eight_hundred_creations_by_eight_processes_are_all_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    finish([start(tmp_path, "create", EACH, f"w{worker}-") for worker in range(WORKERS)])
    assert len(numbers(store)) == len(numbers(reopen(tmp_path))) == WORKERS * EACH
    assert store.maintenance.verify().is_intact


@pytest.mark.torture
@pytest.mark.promise("W1")
def test_eight_hundred_edits_of_one_document_are_all_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    finish([start(tmp_path, "increment", EACH, "shared") for _ in range(WORKERS)])
    assert numbers(store) == numbers(reopen(tmp_path)) == {"shared": WORKERS * EACH}
    assert store.maintenance.verify().is_intact


MANY = [1, pytest.param(EACH, marks=pytest.mark.torture)]


def eight_at_once(project: Project, command: Callable[[int], list[str]]) -> list[Any]:
    """Run eight command lines at once, none of which may be refused; return their answers."""
    processes = [
        subprocess.Popen(
            [PODIUM, *command(worker), "--json"],
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=dict(os.environ),
            text=True,
        )
        for worker in range(WORKERS)
    ]
    answers = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * WORKERS
    return [json.loads(answer) for answer in answers]


def session_of(number: int, worker: int) -> list[str]:
    return ["new-session", f"Session {worker}-{number}"]


def tag_of(session: str, number: int, worker: int) -> list[str]:
    return ["note", session, "--tag", f"t{worker}-{number}"]


@pytest.mark.promise("W1")
@pytest.mark.parametrize("each", MANY)
def test_eight_command_lines_that_create_lose_nothing_and_none_is_refused(
    project: Project, each: int
) -> None:
    project.close()
    made: set[str] = set()
    for number in torture.rounds(each):
        answers = eight_at_once(project, partial(session_of, number))
        made |= {answer["session"]["id"] for answer in answers}
        assert len(made) == WORKERS * (number + 1)
    sessions = project.engine.store.list(layout.sessions()).values()
    assert {session.id for session in sessions} == made
    assert project.engine.store.maintenance.verify().is_intact


@pytest.mark.promise("W1")
@pytest.mark.parametrize("each", MANY)
def test_eight_command_lines_that_edit_one_document_lose_nothing_and_none_is_refused(
    project: Project, each: int
) -> None:
    shared = project.ask("session.create", title="shared").session.id
    project.close()
    written: set[str] = set()
    for number in torture.rounds(each):
        eight_at_once(project, partial(tag_of, shared, number))
        written |= {f"t{worker}-{number}" for worker in range(WORKERS)}
    assert set(project.ask("session.show", session=shared).session.tags) == written
    assert project.engine.store.maintenance.verify().is_intact
