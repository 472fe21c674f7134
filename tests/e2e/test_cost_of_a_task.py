"""What a task costs besides its agent: counts, which are the same on every machine."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support.costs import Costs
from tests.support.projects import Project, task, write

FEW, MANY = 5, 9
MOST_GIT_PROCESSES = 12
MOST_SYNCS = 8


@pytest.mark.usefixtures("started_processes")
def test_a_noop_task_costs_at_most_twelve_git_processes_and_eight_syncs(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = Costs(tmp_path / "costs", monkeypatch)

    _run_chain(project, costs, 1)  # the first run also makes what the project lacks
    few, many = (_run_chain(project, costs, length) for length in (FEW, MANY))

    processes, syncs = (_per_task(*both) for both in zip(few, many, strict=True))
    report = _shown("git processes", processes) + _shown("syncs", syncs)
    print(report)  # noqa: T201 - `pytest -s` shows the counts by command and by caller
    assert sum(processes.values()) <= MOST_GIT_PROCESSES, report
    assert sum(syncs.values()) <= MOST_SYNCS, report
    assert syncs, "nothing is counted"


def _run_chain(project: Project, costs: Costs, length: int) -> tuple[Counter[str], Counter[str]]:
    """Carry out tasks one after the other and return the git processes and the syncs."""
    names = [f"t{length}-{number}" for number in range(length)]
    plan_id = project.plan(
        [
            task(name, *names[max(0, number - 1) : number], files={"create": [f"{name}.txt"]})
            for number, name in enumerate(names)
        ],
        {name: [[write(f"{name}.txt", f"{name}\n")]] for name in names},
    )
    processes, syncs = costs.git(), costs.syncs()
    status = project.run_to_end(plan_id)
    assert all(each.attempt == 1 for each in status.tasks)
    return costs.git() - processes, costs.syncs() - syncs


def _per_task(few: Counter[str], many: Counter[str]) -> dict[str, float]:
    """Return what each additional task costs, without what each run costs."""
    extra = {name: (many[name] - few[name]) / (MANY - FEW) for name in {*few, *many}}
    return {name: number for name, number in extra.items() if number}


def _shown(title: str, per_task: dict[str, float]) -> str:
    rows = sorted(per_task.items(), key=lambda row: (-row[1], row[0]))
    lines = [f"{number:7.2f} {name}" for name, number in rows]
    return "\n".join([f"{title} per task", *lines, f"{sum(per_task.values()):7.2f} in all", ""])
