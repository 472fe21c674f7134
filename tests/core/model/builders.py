"""Makes values of the model with little typing; must not hold rules of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime

from podium.model.events import Actor
from podium.model.plans import (
    AcceptanceCriterion,
    Estimate,
    Plan,
    PlanHeader,
    Priority,
    Task,
    TaskFiles,
)
from podium.model.progress import CommandShown, Evidence, Shown, WordGiven

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PERSON = Actor(kind="person", name="ada", face="cli")
AGENT = Actor(kind="agent", name="gemini")


def task(
    task_id: str,
    *requires: str,
    relates: Sequence[str] = (),
    priority: Priority = Priority.NORMAL,
    modify: Sequence[str] = (),
    criteria: Sequence[str] = (),
    minutes: float | None = None,
) -> Task:
    """Return a task that requires the given ones."""
    return Task(
        id=task_id,
        title=f"Do {task_id}",
        requires=requires,
        relates=tuple(relates),
        priority=priority,
        files=TaskFiles(modify=tuple(modify)),
        acceptance=tuple(AcceptanceCriterion(id=each, text=f"{each} holds") for each in criteria),
        estimate=Estimate(minutes=minutes) if minutes else None,
    )


def plan(*tasks: Task, objective: str = "Say hello") -> Plan:
    """Return a plan of the given tasks."""
    header = PlanHeader(id="p-7k3m9x", objective=objective, created_at=NOON, created_by=PERSON)
    return Plan(header=header, tasks=tasks)


def evidence(criterion: str, shown: Shown, by: Actor = AGENT) -> Evidence:
    """Return evidence for one criterion."""
    return Evidence(criterion=criterion, shown=shown, by=by, at=NOON)


def command_evidence(criterion: str, exit_code: int) -> Evidence:
    """Return the evidence of a command that ended with `exit_code`."""
    return evidence(criterion, CommandShown(command=("make", "test"), exit_code=exit_code))


def word(criterion: str, by: Actor = PERSON) -> Evidence:
    """Return somebody's word."""
    return evidence(criterion, WordGiven(text="I looked"), by)
