"""What calls used, and what a run is expected to use."""

import json
from datetime import timedelta

import anyio
import pytest

from podium.errors import PodiumError
from podium.model import layout
from podium.model.rules.budgets import local_day
from podium.operations.rendering import markdown
from podium.operations.table import load_operation
from podium.operations.usage.show import UsageTable
from podium.projects.trust import trust
from tests.support.commands import podium
from tests.support.projects import Json, Project, task, write

USE: Json = {"use": {"input_tokens": 1000, "output_tokens": 200, "cost_usd": 0.25}}
TASKS = {"one": [[write("a.py", "a = 1\n"), USE]], "two": [[write("b.py", "b = 1\n")]]}


def usage(project: Project, by: str) -> UsageTable:
    """Ask for the usage; the name of the parameter is taken in `Project.ask`."""
    operation = load_operation("usage.show")
    found: UsageTable = anyio.run(operation.run, project.engine, operation.params(by=by))
    return found


@pytest.mark.promise("G11.unpriced")
def test_usage_is_shown_by_day_agent_plan_and_task(project: Project) -> None:
    plan_id = project.plan([task("one"), task("two")], TASKS)
    project.run_to_end(plan_id)
    today = local_day(project.engine.clock.now())
    names = {
        "day": [str(today)],
        "agent": ["playbook"],
        "plan": [plan_id],
        "task": [f"{plan_id}/one", f"{plan_id}/two"],
    }
    for by, expected in names.items():
        found = usage(project, by)
        assert [row.name for row in found.rows] == expected
        assert (found.total.calls, found.total.cost) == (2, "0.25 USD, 1 call unpriced")
    table = usage(project, "task")
    assert [row.cost for row in table.rows] == ["0.25 USD", "1 call unpriced"]
    assert project.ask("usage.show", since="today").total.calls == 2
    shown = podium(project.root, "usage", "--by", "task").stdout
    assert "1 call unpriced" in shown
    assert "0.00 USD" not in shown
    printed = json.loads(podium(project.root, "usage", "--json").stdout)
    assert printed["total"]["unpriced"] == 1
    assert f"| {plan_id}/one | 1 | 1,000 | 200 |" in markdown(table)


def test_usage_since_a_day_must_be_in_the_past(project: Project) -> None:
    tomorrow = local_day(project.engine.clock.now()) + timedelta(days=1)
    for text in (str(tomorrow), "yesterday-ish"):
        with pytest.raises(PodiumError, match="not a day in the past"):
            project.ask("usage.show", since=text)
    assert project.ask("usage.show", since="7d").rows == ()
    assert "No agent has been called" in podium(project.root, "usage").stdout


def test_the_call_of_an_architect_is_in_the_ledger(project: Project) -> None:
    script = project.write_playbook({}, plan={"tasks": [task("one")]})
    options = {"playbook": str(script)}
    view = project.ask("plan.create", objective="One", agent="playbook", options=options)
    (record,) = project.engine.store.list(layout.lone_calls()).values()
    assert (record.plan_id, record.call.role) == (view.plan.id, "architect")
    (row,) = usage(project, "task").rows
    assert (row.name, row.calls) == (f"{view.plan.id}/architect", 1)


@pytest.mark.promise("G11.unpriced")
def test_a_dry_run_shows_what_would_start_and_what_earlier_tasks_used(project: Project) -> None:
    plan_id = project.plan([task("one"), task("two", "one")], TASKS)
    first = project.ask("run.preview", plan=plan_id)
    assert [(each.id, each.agents, each.starts) for each in first.tasks] == [
        ("one", ("playbook",), True),
        ("two", ("playbook",), False),
    ]
    assert (first.expected, [each.cost for each in first.tasks]) == (None, ["no data"] * 2)
    assert first.cost.startswith("no data")
    assert first.next == f"podium run {plan_id}"
    project.run_to_end(plan_id)

    again = project.plan([task("one")], TASKS)
    done = podium(project.root, "run", again, "--dry-run")

    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "about 1 call, less than a minute, 600 tokens" in text
    assert "nothing was started" in text
    assert len(project.ask("board.rows", node="").rows) > 0
    assert project.ask("run.status").plan_id == plan_id, "no other run was started"
    approve = load_operation("plan.approve")
    assert approve.confirm is not None
    question = anyio.run(approve.confirm, project.engine, approve.params(plan=again))
    assert question is not None
    assert question.fact("Agent") == ("playbook",)
    assert question.fact("Starts with") == ("one",)
    assert question.fact("Expected use")[0].startswith("about 1 call")
    empty = project.ask("run.preview", plan=plan_id)
    assert (empty.tasks, empty.next) == ((), f"podium check {plan_id}")


@pytest.mark.promise("G11.subscription")
def test_a_subscription_is_shown_apart_and_uses_no_budget_in_money(project: Project) -> None:
    budget = {"billing": {"playbook": "subscription"}, "run": {"usd": 0.1}}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps({"budget": budget}))
    project.reopen()
    trust(project.root, project.engine.config.project)
    plan_id = project.plan([task("one"), task("two", "one")], TASKS)
    status = project.run_to_end(plan_id)
    assert status.state == "completed"
    assert usage(project, "plan").total.cost == "2 calls by subscription (worth 0.25 USD)"
    assert "2 calls by subscription" in " ".join(podium(project.root, "status").stdout.split())
