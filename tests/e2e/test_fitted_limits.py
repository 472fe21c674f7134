"""The limits of a call follow from what the calls of earlier runs took."""

import pytest

from podium.agents.call_directory import CallDirectory
from podium.operations.rendering import markdown
from podium.operations.run.report import RunReport
from podium.projects.open_store import calls_folder
from tests.support.commands import podium
from tests.support.projects import Json, Project


def makes(*names: str) -> tuple[list[Json], Json]:
    """Return tasks that each write a file, and their part of a playbook."""
    tasks = [{"id": name, "title": f"Make {name}"} for name in names]
    steps = {name: [[{"write": {"path": f"{name}.txt", "content": "x\n"}}]] for name in names}
    return tasks, steps


@pytest.mark.promise("G6")
def test_a_call_of_a_later_run_gets_the_time_that_such_calls_need(project: Project) -> None:
    first = project.run_to_end(project.plan(*makes("a", "b", "c")))
    assert [task.limits for task in first.tasks] == ["", "", ""]

    second = project.run_to_end(project.plan(*makes("d")))

    (task,) = second.tasks
    because = "because the last 3 calls like it took at most"
    assert task.limits.startswith(f"10 min, 3 min 20 s without output, {because}")
    called = CallDirectory(calls_folder(project.engine.home) / task.call_key)
    limits = called.request().limits
    assert (limits.wall_seconds, limits.idle_seconds) == (600, 200)
    report: RunReport = project.ask("run.report")
    assert f"limited to {task.limits}" in markdown(report)
    assert "executor limited to 10 min" in podium(project.root, "task", "d").stdout
