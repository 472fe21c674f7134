"""Many processes on one store, for long: through the library and through the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from podium.model import layout
from tests.core.store.samples import new_store, numbers, reopen
from tests.core.store.test_processes import finish, start
from tests.support.projects import Project

PODIUM = Path(sys.executable).with_name("podium")
WORKERS, EACH = 8, 100


@pytest.mark.torture
@pytest.mark.promise("W1")
def test_eight_hundred_creations_by_eight_processes_are_all_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    finish([start(tmp_path, "create", EACH, f"w{worker}-") for worker in range(WORKERS)])
    assert len(numbers(store)) == len(numbers(reopen(tmp_path))) == WORKERS * EACH
    assert store.upkeep.audit().is_whole


@pytest.mark.torture
@pytest.mark.promise("W1")
def test_eight_hundred_edits_of_one_document_are_all_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    finish([start(tmp_path, "increment", EACH, "shared") for _ in range(WORKERS)])
    assert numbers(store) == numbers(reopen(tmp_path)) == {"shared": WORKERS * EACH}
    assert store.upkeep.audit().is_whole


@pytest.mark.promise("W1")
@pytest.mark.parametrize("each", [2, pytest.param(25, marks=pytest.mark.torture)])
def test_eight_command_lines_at_once_lose_nothing_and_none_is_refused(
    project: Project, each: int
) -> None:
    project.close()
    for number in range(each):
        processes = [
            subprocess.Popen(
                [PODIUM, "new-session", f"Session {worker}-{number}", "--json"],
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
        assert len({json.dumps(json.loads(answer)) for answer in answers}) == WORKERS
    sessions = project.engine.store.list(layout.sessions()).values()
    expected = {f"Session {worker}-{n}" for worker in range(WORKERS) for n in range(each)}
    assert {each.title for each in sessions} == expected
