"""Carries out one run in a process of its own: `python -m tests.bench.runs.one_run ROOT PLAN N`.

It prints when each task began and ended, in seconds, as JSON.
"""

import json
import sys
from pathlib import Path

from podium.entities.runs import load_run, load_task_runs
from podium.operations.run.status import RunStatus
from tests.support.projects import Project


def main(root: str, plan: str, parallel: str) -> None:
    """Carry out a run of a plan with so many workers."""
    project = Project(Path(root))
    status: RunStatus = project.run_to_end(plan, max_parallel=int(parallel))
    store = project.engine.store
    records = load_task_runs(store, load_run(store, status.run_id)).values()
    times = [
        (each.attempts[0].started_at.timestamp(), each.attempt.ended_at.timestamp())
        for each in records
        if each.attempts and each.attempt.ended_at
    ]
    project.close()
    sys.stdout.write(f"\n{json.dumps({'state': status.state, 'times': sorted(times)})}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
