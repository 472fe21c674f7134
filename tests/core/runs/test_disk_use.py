"""How much a project's store grows with each task that a run has carried out."""

import os
import sys
from pathlib import Path

import pytest

from podium.agents.call_directory import CallDirectory
from podium.agents.call_pack import PACK_NAME
from podium.entities.runs import load_run, load_task_runs
from podium.model.agents import Final
from tests.support.projects import Json, Project, task, write

FEW, MANY = 4, 20
CALL_BYTES = 2048
TASK_BYTES = 16 * 1024


def blocks(folder: Path) -> int:
    """Return the bytes that a folder takes on the disk, with everything in it."""
    names = [folder, *folder.rglob("*")]
    return sum(os.lstat(each).st_blocks * 512 for each in names)


def grown(project: Project, count: int) -> tuple[int, int]:
    """Run so many tasks; return how much the store and its calls have grown."""
    names = [f"t{number}" for number in range(count)]
    tasks: list[Json] = [task(each, files={"create": [f"{each}.txt"]}) for each in names]
    script = {each: [[write(f"{each}.txt", each)]] for each in names}
    plan_id = project.plan(tasks, script)
    store = project.root / ".podium"
    before = blocks(store)
    status = project.run_to_end(plan_id)
    calls = store / "run" / "calls" / status.run_id
    assert [each.name for each in calls.iterdir()] == [PACK_NAME]
    records = load_task_runs(
        project.engine.store, load_run(project.engine.store, status.run_id)
    ).values()
    for record in records:
        (call,) = record.attempt.calls
        folder = CallDirectory(project.engine.calls / call.key)
        assert folder.request().task_id == record.task_id
        assert isinstance([*folder.events()][-1], Final)
    return blocks(store) - before, blocks(calls)


@pytest.mark.promise("W6")
def test_an_ended_task_leaves_its_documents_and_little_else(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    few, few_calls = grown(project, FEW)
    many, many_calls = grown(project, MANY)
    assert (many_calls - few_calls) / (MANY - FEW) <= CALL_BYTES
    assert (many - few) / (MANY - FEW) <= TASK_BYTES
    with capsys.disabled():
        sys.stdout.write(f"\n{many / MANY / 1024:.1f} KiB on disk for each task\n")
    assert many / MANY <= TASK_BYTES
