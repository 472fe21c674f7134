"""Draws lists of tasks."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from podium.operations.task.listing import ListedTask
from podium_cli.render.plain.columns import Cell, Line, fold, grid
from podium_cli.render.plain.palette import PRIORITY_STYLE, sign_of
from podium_cli.render.plain.screen import current_screen

HEADINGS = ("", "task", "state", "priority", "after", "title")
_OBJECTIVE = 100
"""The number of characters after which the objective is truncated."""


class ListedPlan(Protocol):
    """The listed tasks of a plan."""

    @property
    def plan_id(self) -> str:
        """The plan's id."""
        ...

    @property
    def objective(self) -> str:
        """The plan's objective."""
        ...

    @property
    def tasks(self) -> Sequence[ListedTask]:
        """The tasks to show."""
        ...

    @property
    def total(self) -> int:
        """The number of tasks that match."""
        ...


def task_list(plan: ListedPlan) -> None:
    """Draw the tasks of a plan below its objective."""
    screen = current_screen()
    objective = " ".join(plan.objective.split())[:_OBJECTIVE]
    lines = [*fold([(plan.plan_id, "id"), (" ", ""), (objective, "quiet")], screen.width), []]
    if plan.tasks:
        lines += task_lines(plan.tasks, screen.width)
    else:
        lines += fold([("No tasks match.", "quiet")], screen.width)
    if plan.tasks and plan.total > len(plan.tasks):
        more = f"{plan.total - len(plan.tasks)} more: --limit"
        lines += fold([(more, "quiet")], screen.width)
    screen.print(lines)


def task_lines(tasks: Iterable[ListedTask], width: int) -> list[Line]:
    """Return the lines of a task table."""
    return grid(HEADINGS, [_row(task) for task in tasks], width)


def _row(task: ListedTask) -> tuple[Cell, ...]:
    note = task.reason or task.note
    return (
        Cell(*sign_of(task.state)),
        Cell(task.id, "id"),
        Cell("ready", "good") if task.ready else Cell(task.state),
        Cell(task.priority, PRIORITY_STYLE.get(task.priority, "")),
        Cell(", ".join(task.requires), "quiet"),
        Cell(task.title, more=((f"  {note}", "quiet"),) if note else ()),
    )
