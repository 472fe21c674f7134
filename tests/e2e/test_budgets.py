"""A run reaches a limit of its budget: it warns, then asks, and does what the person decides."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.agents.prices import priced
from podium.app.runner_process import run_runner
from podium.model import layout
from podium.model.agents import Billing, Usage
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from podium.runs.runner_lock import take_runner_lock
from tests.support.commands import podium
from tests.support.kills import kill_runner
from tests.support.projects import Json, Project, task, write
from tests.support.waiting import wait_for


def used(usd: float | None = None, **more: Any) -> Json:
    """Return a playbook step that reports what the call used."""
    return {"use": {**({} if usd is None else {"cost_usd": usd}), **more}}


def settings(project: Project, **content: Any) -> None:
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(content))
    project.reopen()


def plan(project: Project, *usd: float, budget: Json, max_parallel: int = 1) -> str:
    """Return an approved plan with a task for each cost, one after the other if not parallel."""
    settings(project, budget=budget, run={"max_parallel": max_parallel})
    names = [f"t{number}" for number in range(1, len(usd) + 1)]
    befores: list[tuple[str, ...]] = [(), *((each,) for each in names)]
    chained = zip(names, befores, strict=False)
    tasks = [task(each, *(before if max_parallel == 1 else ())) for each, before in chained]
    script = {
        each: [[write(f"{each}.py", "a = 1\n"), used(cost)]]
        for each, cost in zip(names, usd, strict=True)
    }
    return project.plan(tasks, script)


def asked(project: Project, run: str) -> Any:
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    return question


def phases(status: RunStatus) -> list[str]:
    return [str(each.phase) for each in status.tasks]


@pytest.mark.promise("G11.hold", "G11.warn", "R7.kill")
def test_at_a_limit_the_run_asks_and_continues_once_it_is_raised(project: Project) -> None:
    plan_id = plan(project, 0.9, 0.3, 0.5, budget={"run": {"usd": 1}})
    run = project.ask("run.start", plan=plan_id).run_id

    question = asked(project, run)

    assert (question.kind, question.about, question.until) == ("budget", run, None)
    assert question.text == "The budget is used up: the run has used 1.20 of 1.00 USD"
    assert [each.id for each in question.choices] == ["raise", "finish", "stop"]
    assert question.choices[0].label == "Raise the limit to 2.00 USD"
    kill_runner(project.root)
    status = podium(project.root, "status").stdout
    assert question.text in " ".join(status.split())
    assert podium(project.root, "answer", question.id, "raise").returncode == 0
    ended = project.wait_run(run, lambda now: now.ended)
    assert (ended.state, ended.spent.usd) == (RunState.COMPLETED, pytest.approx(1.7))
    log = [each.message for each in project.ask("run.log", run=run).lines]
    near = [each for each in log if each.startswith("budget: ")]
    assert near == [
        "budget: the run has used 0.9000 of 1.00 USD",
        "budget: the run has used 1.70 of 2.00 USD",
    ]
    assert ended.budget == ("the run has used 1.70 of 2.00 USD",)
    assert "Budget: the run has used 1.70 of 2.00 USD" in podium(project.root, "report").stdout
